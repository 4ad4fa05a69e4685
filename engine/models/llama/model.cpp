#include <c10/core/GradMode.h>

#include "engine/models/causal_lm.h"
#include "engine/models/llama/config.h"
#include "engine/models/registry.h"
#include "engine/nn/attention.h"
#include "engine/nn/mlp.h"
#include "engine/nn/rope.h"

namespace tandem::llama {
namespace {

struct Layer {
    RmsNorm attention_norm;
    Linear query;             // [heads * head_dim, hidden]
    Linear key;               // [kv_heads * head_dim, hidden]
    Linear value;             // [kv_heads * head_dim, hidden]
    Linear attention_output;  // [hidden, heads * head_dim]
    RmsNorm mlp_norm;
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

class Llama : public Loaded<CausalLm> {
public:
    Llama(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          window_(config_of<Config>(shape()).window) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().kv_heads, slots, shape().head_dim, cache_type());
    }

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const c10::NoGradGuard no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.at(cache.length(), tokens, device(), cache.starts());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        if (logits_for == LogitsFor::last) {
            hidden = hidden.narrow(1, tokens - 1, 1);
        }
        return parts_.output(parts_.final_norm(hidden));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        const at::Tensor query = rotation.apply(split_heads(layer.query(x), shape().heads));
        const at::Tensor key = rotation.apply(split_heads(layer.key(x), shape().kv_heads));
        const at::Tensor value = split_heads(layer.value(x), shape().kv_heads);
        const auto [keys, values] = cache.append(index, key, value);
        const AttentionOptions options{.window = window_, .starts = cache.starts()};
        return layer.attention_output(attend(query.to(cache_type()), keys, values, options).to(at::kFloat));
    }

    Parts parts_;
    Rope rope_;
    std::int64_t window_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("model.embed_tokens.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        parts.layers.push_back({
            .attention_norm = weights.rms_norm(name + "input_layernorm", config.norm_epsilon),
            .query = weights.linear(name + "self_attn.q_proj"),
            .key = weights.linear(name + "self_attn.k_proj"),
            .value = weights.linear(name + "self_attn.v_proj"),
            .attention_output = weights.linear(name + "self_attn.o_proj"),
            .mlp_norm = weights.rms_norm(name + "post_attention_layernorm", config.norm_epsilon),
            .mlp = {.gate = weights.linear(name + "mlp.gate_proj"),
                    .up = weights.linear(name + "mlp.up_proj"),
                    .down = weights.linear(name + "mlp.down_proj")},
        });
    }
    parts.final_norm = weights.rms_norm("model.norm", config.norm_epsilon);
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Llama>(std::move(parts));
}

}  // namespace tandem::llama
