#include "engine/models/bloom/config.h"
#include "engine/models/causal_lm.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
#include "engine/nn/self_attention.h"

namespace tandem::bloom {
namespace {

struct Layer {
    LayerNorm attention_norm;
    Linear query_key_value;   // [3 * hidden, hidden]
    Linear attention_output;  // [hidden, hidden]
    LayerNorm mlp_norm;
    Mlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    LayerNorm embedding_norm;
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

class Bloom : public UniformCausalLm {
public:
    Bloom(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          slopes_(alibi_slopes(shape().heads).to(device())),
          residual_after_norm_(config_of<Config>(shape()).residual_after_norm) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        at::Tensor hidden = parts_.embedding_norm(parts_.embedding.rows_at(ids.to(device())));
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const at::Tensor before_attention = layer.attention_norm(hidden);
            hidden = (residual_after_norm_ ? before_attention : hidden) +
                     attention(layer, static_cast<std::int64_t>(index), before_attention, cache);
            const at::Tensor before_mlp = layer.mlp_norm(hidden);
            hidden = (residual_after_norm_ ? before_mlp : hidden) + layer.mlp(before_mlp);
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, KvCache& cache) const {
        const Heads heads = Heads::split_fused(layer.query_key_value(x), shape().heads, shape().kv_heads);
        return layer.attention_output(attend_cached(heads, index, cache, {.alibi_slopes = slopes_}));
    }

    Parts parts_;
    at::Tensor slopes_;  // f32 [heads]
    bool residual_after_norm_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const double epsilon = config_of<Config>(load.shape).norm_epsilon;
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("transformer.word_embeddings.weight");
    parts.embedding_norm = weights.layer_norm("transformer.word_embeddings_layernorm", epsilon);
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "transformer.h." + std::to_string(index) + ".";
        parts.layers.push_back({
            .attention_norm = weights.layer_norm(name + "input_layernorm", epsilon),
            .query_key_value = weights.linear(name + "self_attention.query_key_value"),
            .attention_output = weights.linear(name + "self_attention.dense"),
            .mlp_norm = weights.layer_norm(name + "post_attention_layernorm", epsilon),
            .mlp = {.up = weights.linear(name + "mlp.dense_h_to_4h"),
                    .down = weights.linear(name + "mlp.dense_4h_to_h"),
                    .activation = Activation::gelu_tanh},
        });
    }
    parts.final_norm = weights.layer_norm("transformer.ln_f", epsilon);
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Bloom>(std::move(parts));
}

}  // namespace tandem::bloom
