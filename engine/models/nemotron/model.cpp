#include "engine/models/causal_lm.h"
#include "engine/models/nemotron/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/self_attention.h"

namespace tandem::nemotron {
namespace {

struct Layer {
    LayerNorm attention_norm;
    Projections projections;
    Linear attention_output;  // [hidden, heads * head_dim]
    LayerNorm mlp_norm;
    Mlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]
};

class Nemotron : public UniformCausalLm {
public:
    Nemotron(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)), parts_(std::move(parts)), rope_(config_of<Config>(shape()).rope) {}

    at::Tensor embed(const at::Tensor& ids) const override { return parts_.embedding.rows_at(ids.to(device())); }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        const Rotation rotation = rope_.next(cache, hidden.size(1), device());
        for (std::size_t index = range.first; index < range.behind; ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        return hidden;
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return parts_.final_norm(hidden); }

    at::Tensor logits(const at::Tensor& finished) const override { return parts_.output(finished); }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads = Heads::of(x, layer.projections, shape().heads, shape().kv_heads);
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    Rope rope_;
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
        parts.layers.push_back({
            .attention_norm = weights.layer_norm(name + "input_layernorm", epsilon),
            .projections = weights.projections(name + "self_attn."),
            .attention_output = weights.linear(name + "self_attn.o_proj"),
            .mlp_norm = weights.layer_norm(name + "post_attention_layernorm", epsilon),
            .mlp = {.up = weights.linear(name + "mlp.up_proj"),
                    .down = weights.linear(name + "mlp.down_proj"),
                    .activation = config.activation},
        });
    }
    parts.final_norm = weights.layer_norm("model.norm", epsilon);
    parts.output = weights.output(parts.embedding);
    return load.finish<Nemotron>(std::move(parts));
}

}  // namespace tandem::nemotron
