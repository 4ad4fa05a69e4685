#include <cmath>

#include "engine/models/gemma/config.h"
#include "engine/models/layer_types.h"
#include "engine/models/rotary_decoder.h"

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

    at::Tensor embed(const at::Tensor& ids) const override {
        return parts_.embedding.rows_at(ids.to(device())) * std::sqrt(static_cast<double>(shape().hidden));
    }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        const Rotation rotation = rope_.next(cache, hidden.size(1), device());
        const Rotation local_rotation = local_rope_.next(cache, hidden.size(1), device());
        for (std::size_t index = range.first; index < range.behind; ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const bool is_local = layer.attention.options.window > 0;
            const at::Tensor attended = layer.attention(layer.attention_norm(hidden), static_cast<std::int64_t>(index),
                                                        is_local ? local_rotation : rotation, cache);
            hidden = hidden + normed(layer.attention_post_norm, attended);
            hidden = hidden + normed(layer.mlp_post_norm, layer.mlp(layer.mlp_norm(hidden)));
        }
        return hidden;
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return parts_.final_norm(hidden); }

    at::Tensor logits(const at::Tensor& finished) const override {
        return soft_cap(parts_.output(finished), config_of<Config>(shape()).output_softcap);
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
    parts.output = load.weights.output(parts.embedding);
    return load.finish<Gemma>(std::move(parts));
}

}  // namespace tandem::gemma
