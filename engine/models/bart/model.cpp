#include "engine/models/bart/config.h"
#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/multi_head.h"
#include "engine/nn/norm.h"
#include "engine/nn/recording.h"
#include "engine/nn/sinusoid.h"

namespace tandem::bart {
namespace {

constexpr double norm_epsilon = 1e-5;

struct Layer {
    MultiHead attention;
    LayerNorm attention_norm;
    MultiHead cross;  // decoder only
    LayerNorm cross_norm;
    Mlp mlp;
    LayerNorm mlp_norm;
};

struct Stack {
    WeightMatrix embedding;  // [vocab, hidden]
    at::Tensor positions;    // f32 [places, hidden]
    LayerNorm embedding_norm;
    std::vector<Layer> layers;
    LayerNorm final_norm;
};

struct Parts {
    Stack encoder;
    Stack decoder;
    Linear output;  // [vocab, hidden]
};

class Bart : public Loaded<EncoderDecoderLm> {
public:
    Bart(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)), parts_(std::move(parts)), own_(config_of<Config>(shape())) {}

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().heads, slots, shape().head_dim, cache_type());
    }

    EncodedSource encode(const at::Tensor& ids, const at::Tensor& mask) const override {
        const NoGradUnlessRecording no_autograd;
        EncodedSource source{.mask = mask.defined() ? mask.to(device()) : mask};
        const AttentionOptions options{.causal = false, .key_mask = source.mask};
        const at::Tensor places = at::arange(ids.size(1), at::TensorOptions(at::kLong).device(device())).unsqueeze(0);
        at::Tensor hidden = embed(parts_.encoder, ids.to(device()), places);  // [batch, source, hidden]
        for (const Layer& layer : parts_.encoder.layers) {
            hidden = residual(layer.attention_norm, hidden, [&](const at::Tensor& x) {
                return layer.attention.attend_to(x, layer.attention.keys_values(x), options);
            });
            hidden = residual(layer.mlp_norm, hidden, layer.mlp);
        }
        source.hidden = own_.final_norm ? parts_.encoder.final_norm(hidden) : hidden;
        for (const Layer& layer : parts_.decoder.layers) {
            source.cross.push_back(layer.cross.keys_values(source.hidden));
        }
        return source;
    }

    at::Tensor forward(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                       LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const AttentionOptions own{.starts = cache.starts()};
        const AttentionOptions cross{.causal = false, .key_mask = source.mask};
        at::Tensor hidden = embed(parts_.decoder, ids.to(device()), cache.positions(tokens));
        for (std::size_t index = 0; index < parts_.decoder.layers.size(); ++index) {
            const Layer& layer = parts_.decoder.layers[index];
            hidden = residual(layer.attention_norm, hidden, [&](const at::Tensor& x) {
                const auto [keys, values] = layer.attention.keys_values(x);
                return layer.attention.attend_to(x, cache.append(static_cast<std::int64_t>(index), keys, values), own);
            });
            hidden = residual(layer.cross_norm, hidden, [&](const at::Tensor& x) {
                return layer.cross.attend_to(x, source.cross[index], cross);
            });
            hidden = residual(layer.mlp_norm, hidden, layer.mlp);
        }
        cache.advance(tokens);
        if (logits_for == LogitsFor::last) {
            hidden = hidden.narrow(1, tokens - 1, 1);
        }
        return parts_.output(own_.final_norm ? parts_.decoder.final_norm(hidden) : hidden);
    }

private:
    // ids i64 [batch, tokens] at `places` i64 [1 or batch, tokens]: f32 [batch, tokens, hidden]
    at::Tensor embed(const Stack& stack, const at::Tensor& ids, const at::Tensor& places) const {
        const at::Tensor words = stack.embedding.rows_at(ids) * own_.embedding_scale;
        const at::Tensor sum = words + at::embedding(stack.positions, position_rows(ids, places));
        return own_.embedding_norm ? stack.embedding_norm(sum) : sum;
    }

    at::Tensor position_rows(const at::Tensor& ids, const at::Tensor& places) const {
        if (own_.positions != Positions::counted) {
            return places + own_.position_offset;
        }
        // Row `padding` belongs to padding and is 0; the first token that is none has the row behind it.
        const at::Tensor there = (ids != own_.padding).to(at::kLong);
        return (there.cumsum(1) + places.narrow(1, 0, 1)) * there + own_.padding;
    }

    template <class Block>
    at::Tensor residual(const LayerNorm& norm, const at::Tensor& x, const Block& block) const {
        return own_.norm_first ? x + block(norm(x)) : norm(x + block(x));
    }

    Parts parts_;
    const Config& own_;
};

class Reader {
public:
    explicit Reader(const FamilyLoad& load) : load_(load), own_(config_of<Config>(load.shape)) {}

    Stack stack(const std::string& name, std::int64_t layers, std::int64_t heads, bool is_decoder,
                const WeightMatrix& shared) {
        Weights& weights = load_.weights;
        Stack stack;
        const std::string embedding = name + "embed_tokens.weight";
        stack.embedding = weights.has(embedding) ? weights.matrix(embedding) : shared;
        stack.positions = positions(name + "embed_positions.weight");
        if (own_.embedding_norm) {
            stack.embedding_norm = weights.layer_norm(name + "layernorm_embedding", norm_epsilon);
        }
        for (std::int64_t index = 0; index < layers; ++index) {
            const std::string block = name + "layers." + std::to_string(index) + ".";
            Layer layer;
            layer.attention = attention(block + "self_attn", heads);
            layer.attention_norm = weights.layer_norm(block + "self_attn_layer_norm", norm_epsilon);
            if (is_decoder) {
                layer.cross = attention(block + "encoder_attn", heads);
                layer.cross_norm = weights.layer_norm(block + "encoder_attn_layer_norm", norm_epsilon);
            }
            layer.mlp = {.up = weights.linear(block + "fc1"),
                         .down = weights.linear(block + "fc2"),
                         .activation = own_.activation};
            layer.mlp_norm = weights.layer_norm(block + "final_layer_norm", norm_epsilon);
            stack.layers.push_back(std::move(layer));
        }
        if (own_.final_norm) {
            stack.final_norm = weights.layer_norm(name + "layer_norm", norm_epsilon);
        }
        return stack;
    }

private:
    at::Tensor positions(const std::string& name) {
        if (load_.weights.has(name)) {
            return load_.weights.tensor(name);
        }
        if (own_.positions == Positions::fixed) {
            return sinusoids(load_.shape.context, load_.shape.hidden, Waves::paper).to(load_.device);
        }
        at::Tensor table =
            sinusoids(load_.shape.context + own_.padding + 1, load_.shape.hidden, Waves::inclusive).to(load_.device);
        table[own_.padding].zero_();
        return table;
    }

    MultiHead attention(const std::string& name, std::int64_t heads) {
        return {.query = load_.weights.linear(name + ".q_proj"),
                .key = load_.weights.linear(name + ".k_proj"),
                .value = load_.weights.linear(name + ".v_proj"),
                .output = load_.weights.linear(name + ".out_proj"),
                .heads = heads,
                .kv_heads = heads,
                .type = load_.cache_type};
    }

    const FamilyLoad& load_;
    const Config& own_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& own = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Reader reader(load);
    const WeightMatrix shared = own.shared_embeddings ? weights.matrix("model.shared.weight") : WeightMatrix();
    Parts parts;
    parts.encoder = reader.stack("model.encoder.", load.shape.encoder_layers, own.encoder_heads, false, shared);
    parts.decoder = reader.stack("model.decoder.", load.shape.layers, load.shape.heads, true, shared);
    const WeightMatrix& tied = own.shared_embeddings ? shared : parts.decoder.embedding;
    parts.output.weight = weights.has("lm_head.weight") ? weights.matrix("lm_head.weight") : tied;
    if (weights.has("final_logits_bias")) {
        parts.output.bias = weights.tensor("final_logits_bias").flatten();
    }
    return load.finish<Bart>(std::move(parts));
}

}  // namespace tandem::bart
