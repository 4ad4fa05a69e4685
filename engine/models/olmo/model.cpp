#include "engine/models/causal_lm.h"
#include "engine/models/olmo/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
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

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = norm_(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(norm_(hidden));
        }
        cache.advance(tokens);
        return parts_.output(norm_(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

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
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Olmo>(std::move(parts));
}

}  // namespace tandem::olmo
