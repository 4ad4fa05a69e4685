#include "engine/models/causal_lm.h"
#include "engine/models/olmo/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/self_attention.h"

namespace tandem::olmo {
namespace {

struct Layer {
    Projections projections;
    Linear attention_output;  // [hidden, heads * head_dim]
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    Linear output;  // [vocab, hidden]
};

class Olmo : public UniformCausalLm {
public:
    Olmo(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          norm_{.epsilon = config_of<Config>(shape()).norm_epsilon},
          clip_(config_of<Config>(shape()).clip_qkv) {}

    at::Tensor embed(const at::Tensor& ids) const override { return parts_.embedding.rows_at(ids.to(device())); }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        const Rotation rotation = rope_.next(cache, hidden.size(1), device());
        for (std::size_t index = range.first; index < range.behind; ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = norm_(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(norm_(hidden));
        }
        return hidden;
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return norm_(hidden); }

    at::Tensor logits(const at::Tensor& finished) const override { return parts_.output(finished); }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads = Heads::split(clipped(layer.projections.query(x)), clipped(layer.projections.key(x)),
                                   clipped(layer.projections.value(x)), shape().heads, shape().kv_heads);
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    at::Tensor clipped(at::Tensor x) const { return clip_ > 0 ? x.clamp_(-clip_, clip_) : x; }

    Parts parts_;
    Rope rope_;
    LayerNorm norm_;  // of every layer: it has no weights
    double clip_;
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
            .projections = weights.projections(name + "self_attn."),
            .attention_output = weights.linear(name + "self_attn.o_proj"),
            .mlp = weights.gated_mlp(name + "mlp.", config.activation),
        });
    }
    parts.output = weights.output(parts.embedding);
    return load.finish<Olmo>(std::move(parts));
}

}  // namespace tandem::olmo
