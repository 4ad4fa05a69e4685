#include <cmath>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/registry.h"
#include "engine/models/t5gemma/config.h"
#include "engine/nn/mlp.h"
#include "engine/nn/multi_head.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace tandem::t5gemma {
namespace {

// The norms around a block, within its residual.
struct Norms {
    RmsNorm before;
    RmsNorm behind;
};

struct Layer {
    Norms attention_norms;
    MultiHead attention;
    Norms cross_norms;  // decoder only
    MultiHead cross;
    Norms mlp_norms;
    GatedMlp mlp;
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

template <class Block>
at::Tensor residual(const Norms& norms, const at::Tensor& x, const Block& block) {
    return x + norms.behind(block(norms.before(x)));
}

class T5Gemma : public Loaded<EncoderDecoderLm> {
public:
    T5Gemma(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)),
          parts_(std::move(parts)),
          own_(config_of<Config>(shape())),
          encoder_rope_(own_.encoder.rope),
          decoder_rope_(own_.decoder.rope) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().kv_heads, slots, shape().head_dim, cache_type());
    }

    std::int64_t source_width() const override { return own_.encoder.hidden; }

    at::Tensor embed_source(const at::Tensor& ids) const override { return embed(parts_.encoder, own_.encoder, ids); }

    EncoderOutput read(const Source& source) const override {
        EncoderOutput output{.mask = source.mask.defined() ? source.mask.to(device()) : source.mask};
        const Rotation rotation = encoder_rope_.at(0, source.tokens(), device());
        AttentionOptions options = options_of(own_.encoder);
        options.causal = false;
        options.key_mask = output.mask.defined() || !source.ids.defined() ? output.mask : without_padding(source.ids);
        at::Tensor hidden = source.embeddings.defined() ? source.embeddings : embed_source(source.ids);
        for (std::size_t index = 0; index < parts_.encoder.layers.size(); ++index) {
            const Layer& layer = parts_.encoder.layers[index];
            options.window = own_.encoder.windows[index];
            hidden = residual(layer.attention_norms, hidden, [&](const at::Tensor& x) {
                return layer.attention.attend_to(x, layer.attention.keys_values(x, &rotation), options, &rotation);
            });
            hidden = residual(layer.mlp_norms, hidden, layer.mlp);
        }
        output.hidden = parts_.encoder.final_norm(hidden);
        return output;
    }

    std::vector<KeysValues> cross(const at::Tensor& hidden) const override {
        std::vector<KeysValues> seen;
        for (const Layer& layer : parts_.decoder.layers) {
            seen.push_back(layer.cross.keys_values(hidden));
        }
        return seen;
    }

    at::Tensor write(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                     LogitsFor logits_for) const override {
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = decoder_rope_.next(cache, tokens, device());
        AttentionOptions own = options_of(own_.decoder);
        own.starts = cache.starts();
        AttentionOptions cross = options_of(own_.decoder);
        cross.causal = false;
        cross.key_mask = source.mask;
        at::Tensor hidden = embed(parts_.decoder, own_.decoder, ids);  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.decoder.layers.size(); ++index) {
            const Layer& layer = parts_.decoder.layers[index];
            own.window = own_.decoder.windows[index];
            hidden = residual(layer.attention_norms, hidden, [&](const at::Tensor& x) {
                const auto [keys, values] = layer.attention.keys_values(x, &rotation);
                const KeysValues seen = cache.append(static_cast<std::int64_t>(index), keys, values);
                return layer.attention.attend_to(x, seen, own, &rotation);
            });
            hidden = residual(layer.cross_norms, hidden, [&](const at::Tensor& x) {
                return layer.cross.attend_to(x, source.cross[index], cross);
            });
            hidden = residual(layer.mlp_norms, hidden, layer.mlp);
        }
        hidden = wanted(hidden, logits_for);
        const at::Tensor logits = parts_.output.multiply(parts_.decoder.final_norm(hidden));
        const double cap = own_.decoder.logits_softcap;
        return cap > 0 ? (logits / cap).tanh() * cap : logits;
    }

private:
    static AttentionOptions options_of(const StackConfig& stack) {
        return {.scale = stack.attention_scale, .softcap = stack.attention_softcap};
    }

    // Without a mask the encoder leaves padding out by its id, and the decoder does not.
    at::Tensor without_padding(const at::Tensor& ids) const {
        const at::Tensor there = ids.to(device()) != own_.padding;
        return there.all().item<bool>() ? at::Tensor() : there;
    }

    at::Tensor embed(const Stack& stack, const StackConfig& config, const at::Tensor& ids) const {
        return stack.embedding.rows_at(ids.to(device())) * std::sqrt(static_cast<double>(config.hidden));
    }

    Parts parts_;
    const Config& own_;
    Rope encoder_rope_;
    Rope decoder_rope_;
};

class Reader {
public:
    explicit Reader(const FamilyLoad& load) : load_(load), weights_(load.weights) {}

    Stack stack(const std::string& name, const StackConfig& config, bool is_decoder) {
        Stack stack;
        stack.embedding = weights_.matrix(name + "embed_tokens.weight");
        for (std::int64_t index = 0; index < config.layers; ++index) {
            const std::string block = name + "layers." + std::to_string(index) + ".";
            Layer layer;
            layer.attention_norms = norms(block, "self_attn", config);
            layer.attention = attention(block + "self_attn", config);
            if (is_decoder) {
                layer.cross_norms = norms(block, "cross_attn", config);
                layer.cross = attention(block + "cross_attn", config);
            }
            layer.mlp_norms = norms(block, "feedforward", config);
            layer.mlp = {.gate = weights_.linear(block + "mlp.gate_proj"),
                         .up = weights_.linear(block + "mlp.up_proj"),
                         .down = weights_.linear(block + "mlp.down_proj"),
                         .activation = config.activation};
            stack.layers.push_back(std::move(layer));
        }
        stack.final_norm = weights_.rms_norm(name + "norm", config.norm_epsilon);
        return stack;
    }

private:
    Norms norms(const std::string& layer, const std::string& block, const StackConfig& config) {
        return {.before = weights_.rms_norm(layer + "pre_" + block + "_layernorm", config.norm_epsilon),
                .behind = weights_.rms_norm(layer + "post_" + block + "_layernorm", config.norm_epsilon)};
    }

    MultiHead attention(const std::string& name, const StackConfig& config) {
        return {.query = weights_.linear(name + ".q_proj"),
                .key = weights_.linear(name + ".k_proj"),
                .value = weights_.linear(name + ".v_proj"),
                .output = weights_.linear(name + ".o_proj"),
                .heads = config.heads,
                .kv_heads = config.kv_heads,
                .type = load_.cache_type};
    }

    const FamilyLoad& load_;
    Weights& weights_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& own = config_of<Config>(load.shape);
    Reader reader(load);
    Parts parts;
    parts.encoder = reader.stack("model.encoder.", own.encoder, false);
    parts.decoder = reader.stack("model.decoder.", own.decoder, true);
    const std::string output = "lm_head.out_proj.weight";
    parts.output = load.weights.has(output) ? load.weights.matrix(output) : parts.decoder.embedding;
    return load.finish<T5Gemma>(std::move(parts));
}

}  // namespace tandem::t5gemma
