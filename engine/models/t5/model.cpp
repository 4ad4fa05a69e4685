#include <cmath>
#include <optional>
#include <variant>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/registry.h"
#include "engine/models/t5/config.h"
#include "engine/nn/mlp.h"
#include "engine/nn/multi_head.h"
#include "engine/nn/norm.h"
#include "engine/nn/recording.h"
#include "engine/nn/relative_bias.h"

namespace tandem::t5 {
namespace {

struct Layer {
    RmsNorm attention_norm;
    MultiHead attention;
    std::optional<RelativeBias> bias;  // of this layer and those behind it that have none
    RmsNorm cross_norm;                // decoder only
    MultiHead cross;
    RmsNorm mlp_norm;
    std::variant<Mlp, GatedMlp> mlp;

    at::Tensor feed_forward(const at::Tensor& x) const {
        return std::visit([&](const auto& block) { return block(x); }, mlp);
    }
};

struct Stack {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
};

struct Parts {
    Stack encoder;
    Stack decoder;
    WeightMatrix output;  // [vocab, hidden]
};

class T5 : public Loaded<EncoderDecoderLm> {
public:
    T5(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)),
          parts_(std::move(parts)),
          output_scale_(config_of<Config>(shape()).scaled_output ? 1 / std::sqrt(static_cast<double>(shape().hidden))
                                                                 : 1) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().heads, slots, shape().head_dim, cache_type());
    }

    EncodedSource encode(const at::Tensor& ids, const at::Tensor& mask) const override {
        const NoGradUnlessRecording no_autograd;
        EncodedSource source{.mask = mask.defined() ? mask.to(device()) : mask};
        AttentionOptions options{.scale = 1, .causal = false, .key_mask = source.mask};
        at::Tensor hidden = parts_.encoder.embedding.rows_at(ids.to(device()));  // [batch, source, hidden]
        for (const Layer& layer : parts_.encoder.layers) {
            if (layer.bias) {
                options.bias_by_distance = layer.bias->by_distance(ids.size(1));
            }
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + layer.attention.attend_to(normed, layer.attention.keys_values(normed), options);
            hidden = hidden + layer.feed_forward(layer.mlp_norm(hidden));
        }
        source.hidden = parts_.encoder.final_norm(hidden);
        for (const Layer& layer : parts_.decoder.layers) {
            source.cross.push_back(layer.cross.keys_values(source.hidden));
        }
        return source;
    }

    at::Tensor forward(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                       LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        AttentionOptions own{.scale = 1, .starts = cache.starts()};
        const AttentionOptions cross{.scale = 1, .causal = false, .key_mask = source.mask};
        at::Tensor hidden = parts_.decoder.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.decoder.layers.size(); ++index) {
            const Layer& layer = parts_.decoder.layers[index];
            if (layer.bias) {
                own.bias_by_distance = layer.bias->by_distance(cache.length() + tokens);
            }
            const at::Tensor normed = layer.attention_norm(hidden);
            const auto [keys, values] = layer.attention.keys_values(normed);
            const KeysValues seen = cache.append(static_cast<std::int64_t>(index), keys, values);
            hidden = hidden + layer.attention.attend_to(normed, seen, own);
            hidden = hidden + layer.cross.attend_to(layer.cross_norm(hidden), source.cross[index], cross);
            hidden = hidden + layer.feed_forward(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        if (logits_for == LogitsFor::last) {
            hidden = hidden.narrow(1, tokens - 1, 1);
        }
        hidden = parts_.decoder.final_norm(hidden);
        return parts_.output.multiply(output_scale_ == 1 ? hidden : hidden * output_scale_);
    }

private:
    Parts parts_;
    double output_scale_;
};

class Reader {
public:
    explicit Reader(const FamilyLoad& load) : load_(load), own_(config_of<Config>(load.shape)) {}

    Stack stack(const std::string& name, std::int64_t layers, bool is_decoder, const WeightMatrix& shared) {
        Weights& weights = load_.weights;
        Stack stack;
        const std::string embedding = name + ".embed_tokens.weight";
        stack.embedding = weights.has(embedding) ? weights.matrix(embedding) : shared;
        for (std::int64_t index = 0; index < layers; ++index) {
            const std::string block = name + ".block." + std::to_string(index) + ".layer.";
            const std::string bias = block + "0.SelfAttention.relative_attention_bias.weight";
            Layer layer;
            layer.attention_norm = weights.rms_norm(block + "0.layer_norm", own_.norm_epsilon);
            layer.attention = attention(block + "0.SelfAttention");
            if (weights.has(bias)) {
                layer.bias = RelativeBias{
                    .weight = weights.tensor(bias), .max_distance = own_.max_distance, .bidirectional = !is_decoder};
            }
            if (is_decoder) {
                layer.cross_norm = weights.rms_norm(block + "1.layer_norm", own_.norm_epsilon);
                layer.cross = attention(block + "1.EncDecAttention");
            }
            const std::string last = block + (is_decoder ? "2." : "1.");
            layer.mlp_norm = weights.rms_norm(last + "layer_norm", own_.norm_epsilon);
            layer.mlp = mlp(last + "DenseReluDense.");
            stack.layers.push_back(std::move(layer));
        }
        stack.final_norm = weights.rms_norm(name + ".final_layer_norm", own_.norm_epsilon);
        return stack;
    }

private:
    MultiHead attention(const std::string& name) {
        return {.query = load_.weights.linear(name + ".q"),
                .key = load_.weights.linear(name + ".k"),
                .value = load_.weights.linear(name + ".v"),
                .output = load_.weights.linear(name + ".o"),
                .heads = load_.shape.heads,
                .kv_heads = load_.shape.heads,
                .type = load_.cache_type};
    }

    std::variant<Mlp, GatedMlp> mlp(const std::string& name) {
        Weights& weights = load_.weights;
        if (own_.gated) {
            return GatedMlp{.gate = weights.linear(name + "wi_0"),
                            .up = weights.linear(name + "wi_1"),
                            .down = weights.linear(name + "wo"),
                            .activation = own_.activation};
        }
        return Mlp{
            .up = weights.linear(name + "wi"), .down = weights.linear(name + "wo"), .activation = own_.activation};
    }

    const FamilyLoad& load_;
    const Config& own_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    Reader reader(load);
    const WeightMatrix shared = load.weights.matrix("shared.weight");
    Parts parts;
    parts.encoder = reader.stack("encoder", load.shape.encoder_layers, false, shared);
    parts.decoder = reader.stack("decoder", load.shape.layers, true, shared);
    parts.output = load.weights.has("lm_head.weight") ? load.weights.matrix("lm_head.weight") : shared;
    return load.finish<T5>(std::move(parts));
}

}  // namespace tandem::t5
