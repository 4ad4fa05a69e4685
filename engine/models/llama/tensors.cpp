// What the tensors of a Llama checkpoint are called: folders as transformers' LlamaForCausalLM saves them, GGUF as
// llama.cpp's converter writes it.
#include "engine/models/llama/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::llama {
namespace {

// Files either repeat the block that all layers share in each of them, or have it once, in the first.
void add_repeated_mlp(TensorList& list, const LayerNames& layer, const ModelShape& shape) {
    for (const auto& [name, gguf, rows, columns] : {std::tuple("gate_proj", "ffn_gate", shape.ffn, shape.hidden),
                                                    std::tuple("up_proj", "ffn_up", shape.ffn, shape.hidden),
                                                    std::tuple("down_proj", "ffn_down", shape.hidden, shape.ffn)}) {
        list.matrix(layer.name + "mlp." + name + ".weight", layer.gguf + gguf + ".weight", rows, columns, Part::mlp)
            .optional = true;
    }
}

}  // namespace

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
        if (own.shared_mlp && index > 0) {
            add_repeated_mlp(list, layer, shape);
        } else {
            list.gated_mlp(layer.name + "mlp.", layer.gguf, shape.ffn, shape.hidden, own.mlp_bias);
        }
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::llama
