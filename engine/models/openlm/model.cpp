#include "engine/models/openlm/config.h"
#include "engine/models/rotary_decoder.h"
#include "engine/nn/recording.h"

namespace tandem::openlm {
namespace {

struct Layer {
    LayerNorm attention_norm;
    Linear query_key_value;  // [3 * hidden, hidden]
    bool normalises = false;
    LayerNorm query_norm;  // over all heads together
    LayerNorm key_norm;    // the same
    Linear attention_output;
    LayerNorm mlp_norm;
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    LayerNorm embedding_norm;
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
};

class OpenLm : public UniformCausalLm {
public:
    OpenLm(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)), parts_(std::move(parts)), rope_(config_of<Config>(shape()).rope) {}

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const NoGradUnlessRecording no_autograd;
        const std::int64_t tokens = ids.size(1);
        const Rotation rotation = rope_.next(cache, tokens, device());

        at::Tensor hidden = parts_.embedding.rows_at(ids.to(device()));  // [batch, tokens, hidden]
        if (config_of<Config>(shape()).embedding_norm) {
            hidden = parts_.embedding_norm(hidden);
        }
        for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(layer.mlp_norm(hidden));
        }
        cache.advance(tokens);
        return parts_.output(parts_.final_norm(wanted(hidden, logits_for)));  // [batch, 1 or tokens, vocab]
    }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        const auto parts = layer.query_key_value(x).chunk(3, -1);
        const at::Tensor query = layer.normalises ? layer.query_norm(parts[0]) : parts[0];
        const at::Tensor key = layer.normalises ? layer.key_norm(parts[1]) : parts[1];
        Heads heads = Heads::split(query, key, parts[2], shape().heads, shape().kv_heads);
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    Rope rope_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) { return weights.layer_norm(name, config.norm_epsilon); };
    Parts parts;
    parts.embedding = weights.matrix("model.tok_embeddings.weight");
    if (config.embedding_norm) {
        parts.embedding_norm = norm("model.post_embed_norm");
    }
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        Layer layer{
            .attention_norm = norm(name + "attention_norm"),
            .query_key_value = weights.linear(name + "attention.in_proj"),
            .normalises = config.query_key_norms,
            .attention_output = weights.linear(name + "attention.out_proj"),
            .mlp_norm = norm(name + "ffn_norm"),
            .mlp = take_fused_mlp(weights, name + "feed_forward.w12", name + "feed_forward.w3", Activation::silu)};
        if (config.query_key_norms) {
            layer.query_norm = norm(name + "attention.q_norm");
            layer.key_norm = norm(name + "attention.k_norm");
        }
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = norm("model.norm");
    parts.output = load.shape.tied_embeddings ? Linear{parts.embedding, {}} : weights.linear("model.output");
    return load.finish<OpenLm>(std::move(parts));
}

}  // namespace tandem::openlm
