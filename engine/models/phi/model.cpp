#include "engine/models/causal_lm.h"
#include "engine/models/phi/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
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

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache) +
                     layer.mlp(normed);
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

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
    parts.output.weight = load.shape.tied_embeddings ? parts.embedding : weights.matrix("lm_head.weight");
    parts.output.bias = weights.tensor("lm_head.bias");
    return load.finish<Phi>(std::move(parts));
}

}  // namespace tandem::phi
