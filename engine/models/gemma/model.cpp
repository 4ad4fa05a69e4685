#include <cmath>

#include "engine/models/gemma/config.h"
#include "engine/models/layer_types.h"
#include "engine/models/rotary_decoder.h"
#include "engine/nn/recording.h"

namespace tandem::gemma {
namespace {

struct Layer {
    RmsNorm attention_norm;
    RotaryAttention attention;
    RmsNorm attention_post_norm;  // without weight: none
    RmsNorm mlp_norm;
    GatedMlp mlp;
    RmsNorm mlp_post_norm;  // without weight: none
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

at::Tensor normed(const RmsNorm& norm, const at::Tensor& x) {
    return norm.weight.defined() ? norm(x) : x;
}

class Gemma : public UniformCausalLm {
public:
    Gemma(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          local_rope_(config_of<Config>(shape()).local_rope) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const auto& config = config_of<Config>(shape());
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());
        const Rotation local_rotation = local_rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        hidden = hidden * std::sqrt(static_cast<double>(shape().hidden));
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const bool is_local = layer.attention.options.window > 0;
            const at::Tensor attended = layer.attention(layer.attention_norm(hidden), static_cast<std::int64_t>(index),
                                                        is_local ? local_rotation : rotation, cache);
            hidden = hidden + normed(layer.attention_post_norm, attended);
            hidden = hidden + normed(layer.mlp_post_norm, layer.mlp(layer.mlp_norm(hidden)));
        }
        cache.advance(tokens);
        const at::Tensor logits = parts_.output(parts_.final_norm(wanted(hidden, logits_for)));
        return soft_cap(logits, config.output_softcap);  // [batch, 1 or tokens, vocab]
    }

private:
    Parts parts_;
    Rope rope_;
    Rope local_rope_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) { return weights.rms_norm(name, config.norm_epsilon); };
    Parts parts;
    parts.embedding = weights.matrix("model.embed_tokens.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        Layer layer{.attention_norm = norm(name + "input_layernorm"),
                    .attention = take_attention(load, name + "self_attn.", config.norm_epsilon),
                    .mlp = weights.gated_mlp(name + "mlp.", config.activation)};
        layer.attention.options = {.scale = config.attention_scale,
                                   .window = window_of(config.windows, index),
                                   .softcap = config.attention_softcap};
        if (config.post_norms) {
            layer.attention_post_norm = norm(name + "post_attention_layernorm");
            layer.mlp_norm = norm(name + "pre_feedforward_layernorm");
            layer.mlp_post_norm = norm(name + "post_feedforward_layernorm");
        } else {
            layer.mlp_norm = norm(name + "post_attention_layernorm");
        }
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = norm("model.norm");
    parts.output = take_output(load, parts.embedding);
    return load.finish<Gemma>(std::move(parts));
}

}  // namespace tandem::gemma
