// What the tensors of a MiniCPM checkpoint are called: folders as its own code saves them, with Llama's names, GGUF as
// llama.cpp's converter writes it.
#include "engine/models/minicpm/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::minicpm {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    add_ends(list, shape);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const LayerNames layer = LayerNames::of(index);
        list.norm(layer.name + "input_layernorm", layer.gguf + "attn_norm", shape.hidden);
        add_attention(list, layer, shape,
                      {.bias = own.attention_bias,
                       .output_bias = own.output_bias,
                       .gguf_rows = RowOrder::interleaved_halves(shape.head_dim)});
        list.norm(layer.name + "post_attention_layernorm", layer.gguf + "ffn_norm", shape.hidden);
        list.gated_mlp(layer.name + "mlp.", layer.gguf, shape.ffn, shape.hidden);
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::minicpm
