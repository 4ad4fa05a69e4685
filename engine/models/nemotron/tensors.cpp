// What the tensors of a Nemotron checkpoint are called: folders as transformers' NemotronForCausalLM saves them, GGUF
// as llama.cpp's converter writes it, which adds the 1 to the norms.
#include "engine/models/nemotron/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::nemotron {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const bool bias = own.attention_bias;

    TensorList list;
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden, true, 1);
        list.projections(name + "self_attn.", gguf, query, key, hidden, {.bias = bias});
        list.linear(name + "self_attn.o_proj", gguf + "attn_output", hidden, query, Part::attention, bias);
        list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden, true, 1);
        list.linear(name + "mlp.up_proj", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, own.mlp_bias);
        list.linear(name + "mlp.down_proj", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, own.mlp_bias);
    }
    list.norm("model.norm", "output_norm", hidden, true, 1);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.prefix_alternative("model.", "");  // saved as the model without its head
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::nemotron
