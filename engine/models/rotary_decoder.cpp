#include "engine/models/rotary_decoder.h"

#include "engine/nn/recording.h"

namespace tandem {
namespace {

at::Tensor scaled(at::Tensor x, double scale) {
    return scale == 1 ? x : x.mul_(scale);
}

}  // namespace

RotaryDecoder::RotaryDecoder(ModelBasics basics, RotaryParts parts)
    : Loaded(std::move(basics)), parts_(std::move(parts)), rope_(parts_.rope) {}

KvCacheShape RotaryDecoder::cache_shape(std::int64_t batch, std::int64_t slots) const {
    KvCacheShape cache{.batch = batch, .slots = slots, .dtype = cache_type()};
    for (const RotaryLayer& layer : parts_.layers) {
        cache.layers.push_back(
            {.kv_heads = layer.attention.kv_heads, .key_dim = shape().head_dim, .value_dim = shape().head_dim});
    }
    return cache;
}

RotaryDecoder::Rotations RotaryDecoder::rotations(const KvCache& cache, std::int64_t tokens) const {
    const Rotation both = rope_.next(cache, tokens, device());
    return {both, both};
}

at::Tensor RotaryDecoder::forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const {
    const NoGradUnlessRecording no_autograd;
    const std::int64_t tokens = ids.size(1);
    const Rotations positions = rotations(cache, tokens);
    const Rotations none;

    // [batch, tokens, hidden]
    at::Tensor hidden = scaled(parts_.embedding.rows_at(ids.to(device())), parts_.embedding_scale);
    for (std::size_t index = 0; index < parts_.layers.size(); ++index) {
        const RotaryLayer& layer = parts_.layers[index];
        const auto slot = static_cast<std::int64_t>(index);
        const auto& [query_rotation, key_rotation] = layer.rotates ? positions : none;
        const at::Tensor attended =
            layer.attention(layer.attention_norm(hidden), slot, query_rotation, key_rotation, cache);
        hidden = hidden + scaled(attended, parts_.residual_scale);
        hidden = hidden + scaled(layer.mlp(layer.mlp_norm(hidden)), parts_.residual_scale);
    }
    cache.advance(tokens);
    const at::Tensor last = parts_.final_norm(wanted(hidden, logits_for));
    return parts_.output(scaled(last, parts_.output_scale));  // [batch, 1 or tokens, vocab]
}

RotaryAttention take_attention(const FamilyLoad& load, const std::string& block, double epsilon) {
    Weights& weights = load.weights;
    RotaryAttention attention{.projections = weights.projections(block),
                              .output = weights.linear(block + "o_proj"),
                              .heads = load.shape.heads,
                              .kv_heads = load.shape.kv_heads};
    if (weights.has(block + "q_norm.weight")) {
        attention.query_norm = weights.rms_norm(block + "q_norm", epsilon);
        attention.key_norm = weights.rms_norm(block + "k_norm", epsilon);
    }
    return attention;
}

RotaryAttention take_fused_attention(Weights& weights, const std::string& fused, const std::string& output,
                                     std::int64_t heads, std::int64_t kv_heads) {
    const Linear qkv = weights.linear(fused);
    RotaryAttention attention{.output = weights.linear(output), .heads = heads, .kv_heads = kv_heads};
    if (!qkv.is_empty()) {
        const std::int64_t head_dim = qkv.weight.rows() / (heads + 2 * kv_heads);
        attention.projections.query = qkv.part(0, heads * head_dim);
        attention.projections.key = qkv.part(heads * head_dim, kv_heads * head_dim);
        attention.projections.value = qkv.part((heads + kv_heads) * head_dim, kv_heads * head_dim);
    }
    return attention;
}

GatedMlp take_fused_mlp(Weights& weights, const std::string& fused, const std::string& down, Activation activation) {
    const Linear both = weights.linear(fused);
    GatedMlp mlp{.down = weights.linear(down), .activation = activation};
    if (!both.is_empty()) {
        const std::int64_t ffn = both.weight.rows() / 2;
        mlp.gate = both.part(0, ffn);
        mlp.up = both.part(ffn, ffn);
    }
    return mlp;
}

RotaryLayer take_layer_without_mlp(const FamilyLoad& load, std::int64_t index, double epsilon, std::int64_t window) {
    const std::string name = "model.layers." + std::to_string(index) + ".";
    RotaryLayer layer{
        .attention_norm = load.weights.rms_norm(name + "input_layernorm", epsilon),
        .attention = take_attention(load, name + "self_attn.", epsilon),
        .mlp_norm = load.weights.rms_norm(name + "post_attention_layernorm", epsilon),
    };
    layer.attention.options.window = window;
    return layer;
}

RotaryLayer take_layer(const FamilyLoad& load, std::int64_t index, double epsilon, Activation activation,
                       std::int64_t window) {
    RotaryLayer layer = take_layer_without_mlp(load, index, epsilon, window);
    layer.mlp = load.weights.gated_mlp("model.layers." + std::to_string(index) + ".mlp.", activation);
    return layer;
}

Linear take_output(const FamilyLoad& load, const WeightMatrix& embedding) {
    return load.shape.tied_embeddings ? Linear{embedding, {}} : load.weights.linear("lm_head");
}

RotaryParts take_ends(const FamilyLoad& load, double epsilon, const RopeSettings& rope) {
    RotaryParts parts;
    parts.embedding = load.weights.matrix("model.embed_tokens.weight");
    parts.final_norm = load.weights.rms_norm("model.norm", epsilon);
    parts.output = take_output(load, parts.embedding);
    parts.rope = rope;
    return parts;
}

}  // namespace tandem
