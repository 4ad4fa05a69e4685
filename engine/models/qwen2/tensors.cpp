// What the tensors of a Qwen 2 or 3 checkpoint are called: folders as transformers saves them, GGUF as llama.cpp's
// converter writes it, which leaves the rows of rotated heads in their order.
#include "engine/models/qwen2/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::qwen2 {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    add_ends(list, shape);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const LayerNames layer = LayerNames::of(index);
        list.norm(layer.name + "input_layernorm", layer.gguf + "attn_norm", shape.hidden);
        add_attention(list, layer, shape,
                      {.bias = own.attention_bias, .output_bias = own.output_bias, .head_norms = own.head_norms});
        list.norm(layer.name + "post_attention_layernorm", layer.gguf + "ffn_norm", shape.hidden);
        list.gated_mlp(layer.name + "mlp.", layer.gguf, shape.ffn, shape.hidden);
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::qwen2
