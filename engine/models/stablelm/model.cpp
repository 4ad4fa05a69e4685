#include "engine/models/causal_lm.h"
#include "engine/models/registry.h"
#include "engine/models/stablelm/config.h"
#include "engine/nn/mlp.h"
#include "engine/nn/self_attention.h"

namespace tandem::stablelm {
namespace {

// A norm's weights for each head.
struct HeadNorms {
    std::vector<at::Tensor> rows;  // each [1, head_dim], as the file has them
    at::Tensor stacked;            // [heads, 1, head_dim]

    bool is_empty() const { return !stacked.defined(); }
    // Rows that are trained change after they were stacked.
    at::Tensor weight() const { return stacked.requires_grad() && !rows.empty() ? at::stack(rows) : stacked; }
};

struct Layer {
    LayerNorm attention_norm;
    Projections projections;
    HeadNorms query_norm;     // of heads; empty: none
    HeadNorms key_norm;       // of kv_heads
    Linear attention_output;  // [hidden, heads * head_dim]
    LayerNorm mlp_norm;       // where the residual is not parallel
    GatedMlp mlp;
};

struct Parts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    LayerNorm final_norm;
    Linear output;  // [vocab, hidden]
};

class StableLm : public UniformCausalLm {
public:
    StableLm(ModelBasics basics, Parts parts)
        : UniformCausalLm(std::move(basics)),
          parts_(std::move(parts)),
          rope_(config_of<Config>(shape()).rope),
          head_norm_{.epsilon = config_of<Config>(shape()).norm_epsilon},
          parallel_residual_(config_of<Config>(shape()).parallel_residual) {}

    at::Tensor embed(const at::Tensor& ids) const override { return parts_.embedding.rows_at(ids.to(device())); }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        const Rotation rotation = rope_.next(cache, hidden.size(1), device());
        for (std::size_t index = range.first; index < range.behind; ++index) {  // [batch, tokens, hidden]
            const Layer& layer = parts_.layers[index];
            const at::Tensor normed = layer.attention_norm(hidden);
            hidden = hidden + attention(layer, static_cast<std::int64_t>(index), normed, rotation, cache);
            hidden = hidden + layer.mlp(parallel_residual_ ? normed : layer.mlp_norm(hidden));
        }
        return hidden;
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return parts_.final_norm(hidden); }

    at::Tensor logits(const at::Tensor& finished) const override { return parts_.output(finished); }

private:
    // x [batch, tokens, hidden] to the same
    at::Tensor attention(const Layer& layer, std::int64_t index, const at::Tensor& x, const Rotation& rotation,
                         KvCache& cache) const {
        Heads heads = Heads::of(x, layer.projections, shape().heads, shape().kv_heads);
        if (!layer.query_norm.is_empty()) {
            heads.query = head_norm_(heads.query) * layer.query_norm.weight();
            heads.key = head_norm_(heads.key) * layer.key_norm.weight();
        }
        heads.rotate(rotation);
        return layer.attention_output(attend_cached(heads, index, cache));
    }

    Parts parts_;
    Rope rope_;
    LayerNorm head_norm_;  // its weights differ by head
    bool parallel_residual_;
};

// [heads, 1, head_dim]; empty after a fault, which the weights keep.
HeadNorms head_norms(Weights& weights, const std::string& name, std::int64_t heads, const Config& config) {
    if (config.stacked_norms) {
        const at::Tensor stacked = weights.tensor(name + ".weight");
        return {.stacked = stacked.defined() ? stacked.unsqueeze(1) : stacked};
    }
    HeadNorms norms;
    for (std::int64_t head = 0; head < heads; ++head) {
        const at::Tensor row = weights.tensor(name + ".norms." + std::to_string(head) + ".weight");
        if (!row.defined()) {
            return {};
        }
        norms.rows.push_back(row.unsqueeze(0));
    }
    norms.stacked = at::stack(norms.rows);
    return norms;
}

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const double epsilon = config.norm_epsilon;
    Weights& weights = load.weights;
    Parts parts;
    parts.embedding = weights.matrix("model.embed_tokens.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        Layer layer{
            .attention_norm = weights.layer_norm(name + "input_layernorm", epsilon),
            .projections = weights.projections(name + "self_attn."),
            .attention_output = weights.linear(name + "self_attn.o_proj"),
            .mlp = weights.gated_mlp(name + "mlp.", config.activation),
        };
        if (config.qk_norm) {
            layer.query_norm = head_norms(weights, name + "self_attn.q_layernorm", load.shape.heads, config);
            layer.key_norm = head_norms(weights, name + "self_attn.k_layernorm", load.shape.kv_heads, config);
        }
        if (!config.parallel_residual) {
            layer.mlp_norm = weights.layer_norm(name + "post_attention_layernorm", epsilon);
        }
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = weights.layer_norm("model.norm", epsilon);
    parts.output = weights.output(parts.embedding);
    return load.finish<StableLm>(std::move(parts));
}

}  // namespace tandem::stablelm
