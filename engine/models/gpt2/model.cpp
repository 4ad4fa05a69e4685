#include <cmath>

#include "engine/models/causal_lm.h"
#include "engine/models/gpt2/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
#include "engine/nn/self_attention.h"

namespace tandem::gpt2 {
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
    WeightMatrix positions;  // [context, hidden]
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

class Gpt2 : public UniformCausalLm {
public:
    Gpt2(ModelBasics basics, Parts parts) : UniformCausalLm(std::move(basics)), parts_(std::move(parts)) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        hidden = hidden + parts_.positions.rows_at(cache.positions(tokens));
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), layer.attention_norm(hidden), cache);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, KvCache& cache) const {
        const Heads heads = Heads::split_fused(layer.query_key_value(x), shape().heads, shape().kv_heads);
        return layer.attention_output(attend_cached(heads, index, cache, {.scale = scale(index)}));
    }

    double scale(std::int64_t layer) const {
        const auto& config = config_of<Config>(shape());
        const double by_head = config.scale_by_head ? 1 / std::sqrt(static_cast<double>(shape().head_dim)) : 1;
        return config.scale_by_layer ? by_head / static_cast<double>(layer + 1) : by_head;
    }

    Parts parts_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const double epsilon = config.norm_epsilon;
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("transformer.wte.weight");
    parts.positions = weights.matrix("transformer.wpe.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "transformer.h." + std::to_string(index) + ".";
        parts.layers.push_back({
            .attention_norm = weights.layer_norm(name + "ln_1", epsilon),
            .query_key_value = weights.linear(name + "attn.c_attn"),
            .attention_output = weights.linear(name + "attn.c_proj"),
            .mlp_norm = weights.layer_norm(name + "ln_2", epsilon),
            .mlp = {.up = weights.linear(name + "mlp.c_fc"),
                    .down = weights.linear(name + "mlp.c_proj"),
                    .activation = config.activation},
        });
    }
    parts.final_norm = weights.layer_norm("transformer.ln_f", epsilon);
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Gpt2>(std::move(parts));
}

}  // namespace tandem::gpt2
