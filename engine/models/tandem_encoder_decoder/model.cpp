#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/registry.h"
#include "engine/models/tandem_encoder_decoder/config.h"
#include "engine/nn/mlp.h"
#include "engine/nn/multi_head.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace tandem::tandem_encoder_decoder {
namespace {

constexpr double norm_epsilon = 1e-6;

struct EncoderLayer {
    RmsNorm attention_norm;
    MultiHead attention;
    RmsNorm mlp_norm;
    Mlp mlp;
};

struct DecoderLayer {
    RmsNorm attention_norm;
    MultiHead attention;
    RmsNorm cross_norm;
    MultiHead cross;
    RmsNorm mlp_norm;
    Mlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden], of source and target
    std::vector<EncoderLayer> encoder;
    RmsNorm encoder_norm;
    std::vector<DecoderLayer> decoder;
    RmsNorm decoder_norm;
    WeightMatrix output;  // [vocab, hidden]
};

// From the first token that is there to the last, of each row of a mask bool [batch, tokens].
std::vector<std::int64_t> spans(const at::Tensor& mask) {
    std::vector<std::int64_t> lengths;
    for (const at::Tensor& row : mask.to(at::kCPU).unbind(0)) {
        const at::Tensor places = row.nonzero();
        TORCH_CHECK(places.numel() > 0, "the source is nothing but padding");
        lengths.push_back((places[-1] - places[0]).item<std::int64_t>() + 1);
    }
    return lengths;
}

class TandemEncoderDecoder : public Loaded<EncoderDecoderLm> {
public:
    TandemEncoderDecoder(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)), parts_(std::move(parts)), own_(config_of<Config>(shape())), rope_(own_.rope) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().kv_heads, slots, shape().head_dim, cache_type());
    }

    at::Tensor embed_source(const at::Tensor& ids) const override { return parts_.embedding.rows_at(ids.to(device())); }

    EncoderOutput read(const Source& source) const override {
        EncoderOutput output{.mask = tokens_there(source)};
        const Rotation rotation = encoder_rotation(source.tokens(), output.mask);
        const AttentionOptions options{.causal = false, .key_mask = output.mask};
        at::Tensor hidden = source.embeddings.defined() ? source.embeddings : embed_source(source.ids);
        for (const EncoderLayer& layer : parts_.encoder) {
            const at::Tensor normed = layer.attention_norm(hidden);
            const KeysValues seen = layer.attention.keys_values(normed, &rotation);
            hidden = hidden + layer.attention.attend_to(normed, seen, options, &rotation);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        output.hidden = parts_.encoder_norm(hidden);
        return output;
    }

    std::vector<KeysValues> cross(const at::Tensor& hidden) const override {
        std::vector<KeysValues> seen;
        for (const DecoderLayer& layer : parts_.decoder) {
            seen.push_back(layer.cross.keys_values(hidden));
        }
        return seen;
    }

    at::Tensor write(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                     LogitsFor logits_for) const override {
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());
        const AttentionOptions own{.starts = cache.starts(), .key_mask = cache.mark(ids.to(device()) != own_.padding)};
        const AttentionOptions cross{.causal = false, .key_mask = source.mask};
        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        for (std::size_t index = 0; index < parts_.decoder.size(); ++index) {
            const DecoderLayer& layer = parts_.decoder[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            const auto [keys, values] = layer.attention.keys_values(normed, &rotation);
            const KeysValues seen = cache.append(static_cast<std::int64_t>(index), keys, values);
            hidden = hidden + layer.attention.attend_to(normed, seen, own, &rotation);
            hidden = hidden + layer.cross.attend_to(layer.cross_norm(hidden), source.cross[index], cross);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        hidden = wanted(hidden, logits_for);
        return parts_.output.multiply(parts_.decoder_norm(hidden));
    }

private:
    // bool [batch, source]; undefined where there is no padding
    at::Tensor tokens_there(const Source& source) const {
        at::Tensor there = source.mask.defined() ? source.mask.to(device()) : source.mask;
        if (source.ids.defined()) {
            const at::Tensor by_id = source.ids.to(device()) != own_.padding;
            there = there.defined() ? there & by_id : by_id;
        }
        return !there.defined() || there.all().item<bool>() ? at::Tensor() : there;
    }

    // Positions are counted from the middle of the source: place - (length - 1) / 2.
    Rotation encoder_rotation(std::int64_t tokens, const at::Tensor& mask) const {
        const auto centred = [&](std::int64_t length) {
            return rope_.at_length(-((length - 1) / 2), tokens, length, device());
        };
        if (!mask.defined() || !rope_.settings().depends_on_length()) {
            return centred(tokens);
        }
        std::vector<at::Tensor> cosines;  // a row's waves are those of its own length
        std::vector<at::Tensor> sines;
        for (const std::int64_t length : spans(mask)) {
            const Rotation row = centred(length);
            cosines.push_back(row.cosines.unsqueeze(0));
            sines.push_back(row.sines.unsqueeze(0));
        }
        return {at::stack(cosines), at::stack(sines)};
    }

    Parts parts_;
    const Config& own_;
    Rope rope_;
};

MultiHead take_attention(const FamilyLoad& load, const std::string& name) {
    const bool interleaved = config_of<Config>(load.shape).interleaved;
    return {.query = load.weights.linear(name + ".q_linear"),
            .key = load.weights.linear(name + ".k_linear"),
            .value = load.weights.linear(name + ".v_linear"),
            .output = load.weights.linear(name + ".out_linear"),
            .heads = load.shape.heads,
            .kv_heads = load.shape.kv_heads,
            .type = load.cache_type,
            .sharing = interleaved ? MultiHead::Sharing::neighbours : MultiHead::Sharing::tiled};
}

Mlp take_mlp(Weights& weights, const std::string& name) {
    return {.up = weights.linear(name + ".fc1"),
            .down = weights.linear(name + ".fc2"),
            .activation = Activation::gelu_tanh};
}

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("transformer.wte.weight");
    for (std::int64_t index = 0; index < load.shape.encoder_layers; ++index) {
        const std::string name = "transformer.e." + std::to_string(index) + ".";
        parts.encoder.push_back({.attention_norm = weights.rms_norm(name + "ln1", norm_epsilon),
                                 .attention = take_attention(load, name + "attn"),
                                 .mlp_norm = weights.rms_norm(name + "ln2", norm_epsilon),
                                 .mlp = take_mlp(weights, name + "mlp")});
    }
    parts.encoder_norm = weights.rms_norm("transformer.ln_e", norm_epsilon);
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "transformer.h." + std::to_string(index) + ".";
        parts.decoder.push_back({.attention_norm = weights.rms_norm(name + "ln1", norm_epsilon),
                                 .attention = take_attention(load, name + "causal_attn"),
                                 .cross_norm = weights.rms_norm(name + "ln2", norm_epsilon),
                                 .cross = take_attention(load, name + "cross_attn"),
                                 .mlp_norm = weights.rms_norm(name + "ln3", norm_epsilon),
                                 .mlp = take_mlp(weights, name + "mlp")});
    }
    parts.decoder_norm = weights.rms_norm("transformer.ln_f", norm_epsilon);
    parts.output = weights.has("lm_head.weight") ? weights.matrix("lm_head.weight") : parts.embedding;
    return load.finish<TandemEncoderDecoder>(std::move(parts));
}

}  // namespace tandem::tandem_encoder_decoder
