#include "engine/models/llama/names.h"

namespace tandem::llama {

ModelNames model_names(Naming naming) {
    if (naming == Naming::gguf) {
        return {.embedding = "token_embd", .final_norm = "output_norm", .output = "output"};
    }
    return {.embedding = "model.embed_tokens", .final_norm = "model.norm", .output = "lm_head"};
}

LayerNames layer_names(Naming naming, std::int64_t layer) {
    if (naming == Naming::gguf) {
        const std::string prefix = "blk." + std::to_string(layer) + ".";
        return {.attention_norm = prefix + "attn_norm",
                .query = prefix + "attn_q",
                .key = prefix + "attn_k",
                .value = prefix + "attn_v",
                .attention_output = prefix + "attn_output",
                .mlp_norm = prefix + "ffn_norm",
                .gate = prefix + "ffn_gate",
                .up = prefix + "ffn_up",
                .down = prefix + "ffn_down"};
    }
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    return {.attention_norm = prefix + "input_layernorm",
            .query = prefix + "self_attn.q_proj",
            .key = prefix + "self_attn.k_proj",
            .value = prefix + "self_attn.v_proj",
            .attention_output = prefix + "self_attn.o_proj",
            .mlp_norm = prefix + "post_attention_layernorm",
            .gate = prefix + "mlp.gate_proj",
            .up = prefix + "mlp.up_proj",
            .down = prefix + "mlp.down_proj"};
}

}  // namespace tandem::llama
