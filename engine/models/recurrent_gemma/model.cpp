#include <cmath>

#include "engine/models/recurrent_gemma/config.h"
#include "engine/models/recurrent_gemma/recurrence.h"
#include "engine/models/rotary_decoder.h"
#include "engine/nn/recording.h"

namespace tandem::recurrent_gemma {
namespace {

struct Layer {
    RmsNorm block_norm;
    bool is_recurrent = false;
    RecurrentBlock recurrence;  // where it is
    RotaryAttention attention;  // elsewhere
    RmsNorm mlp_norm;
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

class RecurrentGemma : public Loaded<CausalLm> {
public:
    RecurrentGemma(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          // The model's own code keeps this number in bf16.
          embedding_scale_(
              static_cast<float>(c10::BFloat16(static_cast<float>(std::sqrt(static_cast<double>(shape().hidden)))))) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        const auto& config = config_of<Config>(shape());
        KvCacheShape cache{.batch = batch, .slots = slots, .dtype = cache_type()};
        for (const Layer& layer : parts_.layers) {
            cache.layers.push_back(
                layer.is_recurrent
                    ? KvLayer{.states = {{config.recurrence}, {config.recurrence, config.convolution - 1}}}
                    : KvLayer{
                          .kv_heads = shape().kv_heads, .key_dim = shape().head_dim, .value_dim = shape().head_dim});
        }
        return cache;
    }

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const auto& config = config_of<Config>(shape());
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device())) * embedding_scale_;  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const auto slot = static_cast<std::int64_t>(index);
            const at::Tensor normed = layer.block_norm(hidden);
            hidden = hidden + (layer.is_recurrent ? layer.recurrence(normed, slot, cache)
                                                  : layer.attention(normed, slot, rotation, cache));
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        const at::Tensor logits = parts_.output(parts_.final_norm(wanted(hidden, logits_for)));
        return soft_cap(logits, config.output_softcap);  // [batch, 1 or tokens, vocab]
    }

private:
    Parts parts_;
    Rope rope_;
    double embedding_scale_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) { return weights.rms_norm(name, config.norm_epsilon); };
    Parts parts;
    parts.embedding = weights.matrix("model.embed_tokens.weight");
    for (std::size_t index = 0; index < config.is_recurrent.size(); ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        const std::string block = name + "temporal_block.";
        Layer layer{.block_norm = norm(name + "temporal_pre_norm"),
                    .is_recurrent = config.is_recurrent[index],
                    .mlp_norm = norm(name + "channel_pre_norm"),
                    .mlp = weights.gated_mlp(name + "mlp_block.", config.activation)};
        if (layer.is_recurrent) {
            layer.recurrence = take_recurrent_block(weights, block, config.activation);
        } else {
            layer.attention = take_attention(load, block, config.norm_epsilon);
            layer.attention.options.window = config.window;
        }
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = norm("model.final_norm");
    parts.output = take_output(load, parts.embedding);
    return load.finish<RecurrentGemma>(std::move(parts));
}

}  // namespace tandem::recurrent_gemma
