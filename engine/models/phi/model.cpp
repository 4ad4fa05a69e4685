#include "engine/models/causal_lm.h"
#include "engine/models/phi/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/self_attention.h"

namespace tandem::phi {
namespace {

struct Layer {
    LayerNorm norm;
    Linear query_key_value;  // [(heads + 2 * kv_heads) * head_dim, hidden], or the three below
    Projections projections;
    LayerNorm query_norm;  // [head_dim] where the model has them
    LayerNorm key_norm;
    Linear attention_output;  // [hidden, heads * head_dim]
    Mlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]
};

class Phi : public UniformCausalLm {
public:
    Phi(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          fused_qkv_(config_of<Config>(shape()).fused_qkv),
          qk_norm_(config_of<Config>(shape()).qk_norm) {}

    at::Tensor embed(const at::Tensor& ids) const override { return parts_.embedding.rows_at(ids.to(device())); }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        const Rotation rotation = rope_.next(cache, hidden.size(1), device());
        for (std::size_t index = range.first; index < range.behind; ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache) +
                     layer.mlp(normed);
        }
        return hidden;
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return parts_.final_norm(hidden); }

    at::Tensor logits(const at::Tensor& finished) const override { return parts_.output(finished); }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads = fused_qkv_ ? Heads::split_fused(layer.query_key_value(x), shape().heads, shape().kv_heads)
                                 : Heads::of(x, layer.projections, shape().heads, shape().kv_heads);
        if (qk_norm_) {
            heads.query = layer.query_norm(heads.query);
            heads.key = layer.key_norm(heads.key);
        }
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    Rope rope_;
    bool fused_qkv_;
    bool qk_norm_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const double epsilon = config.norm_epsilon;
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("model.embed_tokens.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        Layer layer;
        layer.norm = weights.layer_norm(name + "input_layernorm", epsilon);
        if (config.fused_qkv) {
            layer.query_key_value = weights.linear(name + "self_attn.query_key_value");
        } else {
            layer.projections = weights.projections(name + "self_attn.");
        }
        if (config.qk_norm) {
            layer.query_norm = weights.layer_norm(name + "self_attn.q_layernorm", epsilon);
            layer.key_norm = weights.layer_norm(name + "self_attn.k_layernorm", epsilon);
        }
        layer.attention_output = weights.linear(name + "self_attn.dense");
        layer.mlp = {.up = weights.linear(name + "mlp.fc1"),
                     .down = weights.linear(name + "mlp.fc2"),
                     .activation = config.activation};
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = weights.layer_norm("model.final_layernorm", epsilon);
    parts.output.weight = weights.has("lm_head.weight") ? weights.matrix("lm_head.weight") : parts.embedding;
    parts.output.bias = weights.tensor("lm_head.bias");
    return load.finish<Phi>(std::move(parts));
}

}  // namespace tandem::phi
