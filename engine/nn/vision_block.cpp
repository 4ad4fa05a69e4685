#include "engine/nn/vision_block.h"

#include "engine/nn/attention.h"

namespace tandem {

at::Tensor VisionBlock::operator()(const at::Tensor& x, std::int64_t heads) const {
    const at::Tensor normed = attention_norm(x);
    at::Tensor mixed = attention_output(attend(split_heads(query(normed), heads), split_heads(key(normed), heads),
                                               split_heads(value(normed), heads), {.causal = false}));
    if (attention_scale.defined()) {
        mixed = mixed * attention_scale;
    }
    const at::Tensor hidden = x + mixed;
    at::Tensor changed = std::visit([&](const auto& block) { return block(mlp_norm(hidden)); }, mlp);
    if (mlp_scale.defined()) {
        changed = changed * mlp_scale;
    }
    return hidden + changed;
}

}  // namespace tandem
