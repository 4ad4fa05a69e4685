#include "engine/models/causal_lm.h"
#include "engine/models/olmo2/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
#include "engine/nn/self_attention.h"

namespace tandem::olmo2 {
namespace {

struct Layer {
    Projections projections;
    RmsNorm query_norm;       // over all heads
    RmsNorm key_norm;         // over all heads
    Linear attention_output;  // [hidden, heads * head_dim]
    RmsNorm attention_norm;
    GatedMlp mlp;
    RmsNorm mlp_norm;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]
};

class Olmo2 : public UniformCausalLm {
public:
    Olmo2(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)), parts_(std::move(parts)), rope_(config_of<Config>(shape()).rope) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            hidden = hidden +
                     layer.attention_norm(attention(layer, static_cast<std::int64_t>(index), hidden, rotation, cache));
            hidden = hidden + layer.mlp_norm(layer.mlp(hidden));
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads =
            Heads::split(layer.query_norm(layer.projections.query(x)), layer.key_norm(layer.projections.key(x)),
                         layer.projections.value(x), shape().heads, shape().kv_heads);
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
            .projections = weights.projections(name + "self_attn."),
            .query_norm = weights.rms_norm(name + "self_attn.q_norm", epsilon),
            .key_norm = weights.rms_norm(name + "self_attn.k_norm", epsilon),
            .attention_output = weights.linear(name + "self_attn.o_proj"),
            .attention_norm = weights.rms_norm(name + "post_attention_layernorm", epsilon),
            .mlp = weights.gated_mlp(name + "mlp.", config.activation),
            .mlp_norm = weights.rms_norm(name + "post_feedforward_layernorm", epsilon),
        });
    }
    parts.final_norm = weights.rms_norm("model.norm", epsilon);
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Olmo2>(std::move(parts));
}

}  // namespace tandem::olmo2
