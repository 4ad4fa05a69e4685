#include "engine/models/minicpm3/config.h"
#include "engine/models/rotary_decoder.h"
#include "engine/nn/recording.h"

namespace tandem::minicpm3 {
namespace {

// The epsilon of the norms within attention, whatever the configuration says of the others.
constexpr double latent_epsilon = 1e-6;

struct Attention {
    Linear query_down;    // [query_rank, hidden]; without numbers: queries are made in one step
    RmsNorm query_norm;   // over query_rank
    Linear query;         // [heads * (plain_dim + rotated_dim), query_rank or hidden]
    Linear latent;        // [latent + rotated_dim, hidden]: of keys and values, and the rotated part of all keys
    RmsNorm latent_norm;  // over latent
    at::Tensor key_up;    // [heads, plain_dim, latent]
    at::Tensor value_up;  // [heads, value_dim, latent]
    Linear output;        // [hidden, heads * value_dim]
};

struct Layer {
    RmsNorm attention_norm;
    Attention attention;
    RmsNorm mlp_norm;
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

// f32 x [batch, heads, tokens, in] by a matrix of each head, [heads, in, out], in the matrices' own type.
at::Tensor by_head(const at::Tensor& x, const at::Tensor& matrices) {
    return at::matmul(x.to(matrices.scalar_type()), matrices).to(at::kFloat);
}

class MiniCpm3 : public Loaded<CausalLm> {
public:
    MiniCpm3(ModelBasics basics, Parts parts)
        : Loaded(std::move(basics)), parts_(std::move(parts)), rope_(config_of<Config>(shape()).rope) {}

    // One vector for all heads: keys are its whole, values its first `latent` numbers.
    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        const auto& config = config_of<Config>(shape());
        const KvLayer layer{.kv_heads = 1, .key_dim = config.latent + config.rotated_dim, .value_dim = 0};
        return {.layers = std::vector<KvLayer>(static_cast<std::size_t>(shape().layers), layer),
                .batch = batch,
                .slots = slots,
                .dtype = cache_type()};
    }

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const auto& config = config_of<Config>(shape());
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        // [batch, tokens, hidden]
        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device())) * config.embedding_scale;
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor attended = attention(layer.attention, static_cast<std::int64_t>(index),
                                                  layer.attention_norm(hidden), rotation, cache);
            hidden = hidden + attended * config.residual_scale;
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden)) * config.residual_scale;
        }
        cache.advance(tokens);
        const at::Tensor last = parts_.final_norm(wanted(hidden, logits_for)) * config.output_scale;
        return parts_.output(last);  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same. A head's key is key_up * latent and its value is value_up * latent.
    // Queries take the former to the latent's side, the mixed latents the latter, so that neither is made of past
    // positions.
    at::Tensor attention(const Attention& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        const auto& config = config_of<Config>(shape());
        const at::Tensor low = layer.query_down.is_empty() ? x : layer.query_norm(layer.query_down(x));
        const at::Tensor query = split_heads(layer.query(low), shape().heads);
        const at::Tensor plain_query = by_head(query.narrow(-1, 0, config.plain_dim), layer.key_up);
        const at::Tensor rotated_query = rotation.apply(query.narrow(-1, config.plain_dim, config.rotated_dim));

        const at::Tensor both = layer.latent(x);
        const at::Tensor latent = layer.latent_norm(both.narrow(-1, 0, config.latent)).unsqueeze(1);
        const at::Tensor rotated_key = rotation.apply(both.narrow(-1, config.latent, config.rotated_dim).unsqueeze(1));

        const at::Tensor key = at::cat({latent, rotated_key}, -1);  // [batch, 1, tokens, latent + rotated_dim]
        const at::Tensor keys = cache.append(index, key, key.narrow(-1, 0, 0)).first;
        const AttentionOptions options{.scale = config.score_scale, .starts = cache.starts()};
        const at::Tensor mixed = attend(at::cat({plain_query, rotated_query}, -1).to(cache_type()), keys,
                                        keys.narrow(-1, 0, config.latent), options);
        const at::Tensor values =
            by_head(split_heads(mixed.to(at::kFloat), shape().heads), layer.value_up.transpose(1, 2));
        return layer.output(values.transpose(1, 2).flatten(2));
    }

    Parts parts_;
    Rope rope_;
};

Attention take_latent_attention(const FamilyLoad& load, const std::string& name) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Attention attention{.latent = weights.linear(name + "kv_a_proj_with_mqa"),
                        .latent_norm = weights.rms_norm(name + "kv_a_layernorm", latent_epsilon),
                        .output = weights.linear(name + "o_proj")};
    if (config.query_rank > 0) {
        attention.query_down = weights.linear(name + "q_a_proj");
        attention.query_norm = weights.rms_norm(name + "q_a_layernorm", latent_epsilon);
        attention.query = weights.linear(name + "q_b_proj");
    } else {
        attention.query = weights.linear(name + "q_proj");
    }
    const at::Tensor up = weights.dense_matrix(name + "kv_b_proj.weight");
    if (up.defined()) {
        const at::Tensor of_heads = up.view({load.shape.heads, config.plain_dim + config.value_dim, config.latent});
        attention.key_up = of_heads.narrow(1, 0, config.plain_dim);
        attention.value_up = of_heads.narrow(1, config.plain_dim, config.value_dim);
    }
    return attention;
}

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const auto norm = [&](const std::string& name) { return load.weights.rms_norm(name, config.norm_epsilon); };
    Parts parts;
    parts.embedding = load.weights.matrix("model.embed_tokens.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        parts.layers.push_back({.attention_norm = norm(name + "input_layernorm"),
                                .attention = take_latent_attention(load, name + "self_attn."),
                                .mlp_norm = norm(name + "post_attention_layernorm"),
                                .mlp = load.weights.gated_mlp(name + "mlp.", config.activation)});
    }
    parts.final_norm = norm("model.norm");
    parts.output = take_output(load, parts.embedding);
    return load.finish<MiniCpm3>(std::move(parts));
}

}  // namespace tandem::minicpm3
