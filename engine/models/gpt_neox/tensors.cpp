// What the tensors of a GPT-NeoX checkpoint are called: folders as transformers' GPTNeoXForCausalLM saves them, GGUF as
// llama.cpp's converter writes it.
#include "engine/models/gpt_neox/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::gpt_neox {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const bool bias = own.attention_bias;
    const TensorList::LinearOptions fused{.bias = bias,
                                          .hugging_face_rows = RowOrder::qkv_by_head(shape.heads, shape.head_dim)};

    TensorList list;
    list.matrix("gpt_neox.embed_in.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "gpt_neox.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden, true);
        list.linear(name + "attention.query_key_value", gguf + "attn_qkv", 3 * hidden, hidden, Part::attention, fused);
        list.linear(name + "attention.dense", gguf + "attn_output", hidden, hidden, Part::attention, bias);
        list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden, true);
        list.linear(name + "mlp.dense_h_to_4h", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, true);
        list.linear(name + "mlp.dense_4h_to_h", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, true);
    }
    list.norm("gpt_neox.final_layer_norm", "output_norm", hidden, true);
    list.output("embed_out", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.name_alternative("embed_out.weight", "lm_head.weight");
    list.prefix_alternative("gpt_neox.", "");
    list.ignore(".attention.bias");  // the causal mask, kept as a buffer
    list.ignore(".attention.masked_bias");
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::gpt_neox
