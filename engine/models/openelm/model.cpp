#include "engine/models/openelm/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::openelm {
namespace {

// Folders have one matrix of gate and up, GGUF two.
GatedMlp take_mlp(Weights& weights, const std::string& name, const std::string& gguf, Activation activation) {
    if (!weights.has(gguf + "ffn_gate.weight")) {
        return take_fused_mlp(weights, name + "proj_1", name + "proj_2", activation);
    }
    return {.gate = weights.linear(gguf + "ffn_gate"),
            .up = weights.linear(gguf + "ffn_up"),
            .down = weights.linear(name + "proj_2"),
            .activation = activation};
}

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) { return weights.rms_norm(name, config.norm_epsilon); };
    RotaryParts parts;
    parts.rope = config.rope;
    parts.embedding = weights.matrix("transformer.token_embeddings.weight");
    for (std::size_t index = 0; index < config.heads.size(); ++index) {
        const std::string name = "transformer.layers." + std::to_string(index) + ".";
        RotaryLayer layer{
            .attention_norm = norm(name + "attn_norm"),
            .attention = take_fused_attention(weights, name + "attn.qkv_proj", name + "attn.out_proj",
                                              config.heads[index], config.kv_heads[index]),
            .mlp_norm = norm(name + "ffn_norm"),
            .mlp = take_mlp(weights, name + "ffn.", "blk." + std::to_string(index) + ".", config.activation)};
        if (config.head_norms) {
            layer.attention.query_norm = norm(name + "attn.q_norm");
            layer.attention.key_norm = norm(name + "attn.k_norm");
        }
        parts.layers.push_back(std::move(layer));
    }
    parts.final_norm = norm("transformer.norm");
    parts.output = load.weights.output(parts.embedding);
    return load.finish<RotaryDecoder>(std::move(parts));
}

}  // namespace tandem::openelm
