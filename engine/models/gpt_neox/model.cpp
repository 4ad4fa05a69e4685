#include "engine/models/causal_lm.h"
#include "engine/models/gpt_neox/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
#include "engine/nn/self_attention.h"

namespace tandem::gpt_neox {
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
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]
};

class GptNeox : public UniformCausalLm {
public:
    GptNeox(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          parallel_residual_(config_of<Config>(shape()).parallel_residual) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            const at::Tensor attended =
                hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = attended + layer.mlp(layer.mlp_norm(parallel_residual_ ? hidden : attended));
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads = Heads::split_fused(layer.query_key_value(x), shape().heads, shape().kv_heads);
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    Rope rope_;
    bool parallel_residual_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const double epsilon = config.norm_epsilon;
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("gpt_neox.embed_in.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "gpt_neox.layers." + std::to_string(index) + ".";
        parts.layers.push_back({
            .attention_norm = weights.layer_norm(name + "input_layernorm", epsilon),
            .query_key_value = weights.linear(name + "attention.query_key_value"),
            .attention_output = weights.linear(name + "attention.dense"),
            .mlp_norm = weights.layer_norm(name + "post_attention_layernorm", epsilon),
            .mlp = {.up = weights.linear(name + "mlp.dense_h_to_4h"),
                    .down = weights.linear(name + "mlp.dense_4h_to_h"),
                    .activation = config.activation},
        });
    }
    parts.final_norm = weights.layer_norm("gpt_neox.final_layer_norm", epsilon);
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("embed_out");
    return load.finish<GptNeox>(std::move(parts));
}

}  // namespace tandem::gpt_neox
