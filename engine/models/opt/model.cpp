#include <optional>

#include "engine/models/causal_lm.h"
#include "engine/models/opt/config.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/recording.h"
#include "engine/nn/self_attention.h"

namespace tandem::opt {
namespace {

struct Layer {
    Projections projections;
    Linear attention_output;  // [hidden, hidden]
    LayerNorm attention_norm;
    Mlp mlp;
    LayerNorm mlp_norm;
};

struct Parts {
    WeightMatrix embedding;             // [vocab, embedding_dim]
    WeightMatrix positions;             // [context + 2, hidden]
    std::optional<Linear> project_in;   // [hidden, embedding_dim]
    std::optional<Linear> project_out;  // [embedding_dim, hidden]
    std::vector<Layer> layers;
    std::optional<LayerNorm> final_norm;
    Linear output;  // [vocab, embedding_dim]; shares the embedding's numbers where the model ties them
};

class Opt : public UniformCausalLm {
public:
    Opt(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          norm_first_(config_of<Config>(shape()).norm_first) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, embedding_dim]
        if (parts_.project_in) {
            hidden = (*parts_.project_in)(hidden);  // [batch, tokens, hidden]
        }
        hidden = hidden + parts_.positions.rows_at(cache.positions(tokens) + position_offset);
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const auto number = static_cast<std::int64_t>(index);
            if (norm_first_) {
                hidden = hidden + attention(layer, number, layer.attention_norm(hidden), cache);
                hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
            } else {
                hidden = layer.attention_norm(hidden + attention(layer, number, hidden, cache));
                hidden = layer.mlp_norm(hidden + layer.mlp(hidden));
            }
        }
        cache.advance(tokens);
        hidden = wanted(hidden, logits_for);
        if (parts_.final_norm) {
            hidden = (*parts_.final_norm)(hidden);
        }
        if (parts_.project_out) {
            hidden = (*parts_.project_out)(hidden);
        }
        return parts_.output(hidden);  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, KvCache& cache) const {
        const Heads heads = Heads::of(x, layer.projections, shape().heads, shape().kv_heads);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    bool norm_first_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) {
        return config.norm_weights ? weights.layer_norm(name, norm_epsilon) : LayerNorm{.epsilon = norm_epsilon};
    };
    Parts parts;
    parts.embedding = weights.matrix("model.decoder.embed_tokens.weight");
    parts.positions = weights.matrix("model.decoder.embed_positions.weight");
    if (config.embedding_dim != load.shape.hidden) {
        parts.project_in = weights.linear("model.decoder.project_in");
        parts.project_out = weights.linear("model.decoder.project_out");
    }
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.decoder.layers." + std::to_string(index) + ".";
        parts.layers.push_back({
            .projections = weights.projections(name + "self_attn."),
            .attention_output = weights.linear(name + "self_attn.out_proj"),
            .attention_norm = norm(name + "self_attn_layer_norm"),
            .mlp = {.up = weights.linear(name + "fc1"),
                    .down = weights.linear(name + "fc2"),
                    .activation = config.activation},
            .mlp_norm = norm(name + "final_layer_norm"),
        });
    }
    if (config.final_norm) {
        parts.final_norm = norm("model.decoder.final_layer_norm");
    }
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("lm_head");
    return load.finish<Opt>(std::move(parts));
}

}  // namespace tandem::opt
