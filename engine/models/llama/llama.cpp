#include "engine/models/llama/llama.h"

#include <c10/core/GradMode.h>

#include "engine/models/llama/weights.h"
#include "engine/nn/attention.h"

namespace tandem::llama {
namespace {

class LlamaModel : public CausalLm {
public:
    LlamaModel(ModelShape shape, Weights weights, at::ScalarType cache_type, at::Device device,
               std::vector<std::string> notes)
        : shape_(std::move(shape)),
          weights_(std::move(weights)),
          cache_type_(cache_type),
          device_(device),
          notes_(std::move(notes)) {}

    const ModelShape& shape() const override { return shape_; }
    std::int64_t weights_bytes() const override { return weights_.bytes(shape_.tied_embeddings); }
    at::Device device() const override { return device_; }
    std::vector<std::string> notes() const override { return notes_; }

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return {.layers = shape_.layers,
                .batch = batch,
                .kv_heads = shape_.kv_heads,
                .slots = slots,
                .head_dim = shape_.head_dim,
                .dtype = cache_type_};
    }

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const c10::NoGradGuard no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = weights_.rope.at(cache.length(), tokens, device_);

        at::Tensor hidden = weights_.embedding.rows_at(ids.to(device_));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < weights_.layers.size(); ++index) {
            const Layer& layer = weights_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        if (logits_for == LogitsFor::last) {
            hidden = hidden.narrow(1, tokens - 1, 1);
        }
        return weights_.output(weights_.final_norm(hidden));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        const at::Tensor query = rotation.apply(heads_of(layer.query(x), shape_.heads));
        const at::Tensor key = rotation.apply(heads_of(layer.key(x), shape_.kv_heads));
        const at::Tensor value = heads_of(layer.value(x), shape_.kv_heads);
        const auto [keys, values] = cache.append(index, key, value);
        const at::Tensor mixed = attend(query.to(cache_type_), keys, values).to(at::kFloat);
        return layer.attention_output(mixed);
    }

    // [batch, tokens, heads * head_dim] to [batch, heads, tokens, head_dim]
    at::Tensor heads_of(const at::Tensor& x, std::int64_t heads) const {
        return x.view({x.size(0), x.size(1), heads, shape_.head_dim}).transpose(1, 2);
    }

    ModelShape shape_;
    Weights weights_;
    at::ScalarType cache_type_;
    at::Device device_;
    std::vector<std::string> notes_;
};

}  // namespace

Result<std::shared_ptr<const CausalLm>> load(const FamilyLoad& load) {
    const Naming naming = load.format == "gguf" ? Naming::gguf : Naming::hugging_face;
    Weights weights = TANDEM_TRY(load_weights(load.shape, load.source, naming));
    return std::shared_ptr<const CausalLm>(std::make_shared<LlamaModel>(
        load.shape, std::move(weights), cache_type(load.dtype, load.device), load.device, load.source.notes()));
}

}  // namespace tandem::llama
