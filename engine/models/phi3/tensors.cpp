// What the tensors of a Phi-3 checkpoint are called: folders as transformers saves them, GGUF as llama.cpp's converter
// writes it. Both keep query, key and value in one matrix, and gate and up in another.
#include "engine/models/phi3/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::phi3 {

TensorList tensors(const ModelShape& shape) {
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    TensorList list;
    add_ends(list, shape);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const auto [name, gguf] = LayerNames::of(index);
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden);
        list.linear(name + "self_attn.qkv_proj", gguf + "attn_qkv", query + 2 * key, hidden, Part::attention);
        list.linear(name + "self_attn.o_proj", gguf + "attn_output", hidden, query, Part::attention);
        list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden);
        list.linear(name + "mlp.gate_up_proj", gguf + "ffn_up", 2 * shape.ffn, hidden, Part::mlp);
        list.linear(name + "mlp.down_proj", gguf + "ffn_down", hidden, shape.ffn, Part::mlp);
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::phi3
