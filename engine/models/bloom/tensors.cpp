// What the tensors of a BLOOM checkpoint are called: folders as transformers' BloomForCausalLM saves them, the
// published ones without the beginning "transformer.", GGUF as llama.cpp's converter writes it.
#include "engine/models/bloom/config.h"

namespace tandem::bloom {

TensorList tensors(const ModelShape& shape) {
    const std::int64_t hidden = shape.hidden;
    const TensorList::LinearOptions fused{.bias = true,
                                          .hugging_face_rows = RowOrder::qkv_by_head(shape.heads, shape.head_dim)};

    TensorList list;
    list.matrix("transformer.word_embeddings.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    list.norm("transformer.word_embeddings_layernorm", "token_embd_norm", hidden, true);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "transformer.h." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden, true);
        list.linear(name + "self_attention.query_key_value", gguf + "attn_qkv", 3 * hidden, hidden, Part::attention,
                    fused);
        list.linear(name + "self_attention.dense", gguf + "attn_output", hidden, hidden, Part::attention, true);
        list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden, true);
        list.linear(name + "mlp.dense_h_to_4h", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, true);
        list.linear(name + "mlp.dense_4h_to_h", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, true);
    }
    list.norm("transformer.ln_f", "output_norm", hidden, true);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.prefix_alternative("transformer.", "");
    return list;
}

}  // namespace tandem::bloom
