// What the tensors of a MiniCPM 3 checkpoint are called: folders as transformers saves them, GGUF as llama.cpp's
// converter writes it.
#include "engine/models/minicpm3/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::minicpm3 {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key_value = shape.heads * (own.plain_dim + own.value_dim);
    const bool bias = own.attention_bias;
    TensorList list;
    add_ends(list, shape);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const LayerNames layer = LayerNames::of(index);
        const std::string name = layer.name + "self_attn.";
        const std::string& gguf = layer.gguf;
        list.norm(layer.name + "input_layernorm", gguf + "attn_norm", hidden);
        if (own.query_rank > 0) {
            list.linear(name + "q_a_proj", gguf + "attn_q_a", own.query_rank, hidden, Part::attention, bias);
            list.norm(name + "q_a_layernorm", gguf + "attn_q_a_norm", own.query_rank);
            list.linear(name + "q_b_proj", gguf + "attn_q_b", query, own.query_rank, Part::attention);
        } else {
            list.linear(name + "q_proj", gguf + "attn_q", query, hidden, Part::attention);
        }
        list.linear(name + "kv_a_proj_with_mqa", gguf + "attn_kv_a_mqa", own.latent + own.rotated_dim, hidden,
                    Part::attention, bias);
        list.norm(name + "kv_a_layernorm", gguf + "attn_kv_a_norm", own.latent);
        list.linear(name + "kv_b_proj", gguf + "attn_kv_b", key_value, own.latent, Part::attention);
        list.linear(name + "o_proj", gguf + "attn_output", hidden, shape.heads * own.value_dim, Part::attention, bias);
        list.norm(layer.name + "post_attention_layernorm", gguf + "ffn_norm", hidden);
        list.gated_mlp(layer.name + "mlp.", layer.gguf, shape.ffn, hidden, own.mlp_bias);
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::minicpm3
