// What the tensors of a GPT-2 checkpoint are called: folders as transformers' GPT2LMHeadModel saves them, the published
// ones without the beginning "transformer.", GGUF as llama.cpp's converter writes it.
#include "engine/models/gpt2/config.h"

namespace tandem::gpt2 {

TensorList tensors(const ModelShape& shape) {
    const std::int64_t hidden = shape.hidden;
    const TensorList::LinearOptions conv1d{.bias = true, .transposed = true};

    TensorList list;
    list.matrix("transformer.wte.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    list.matrix("transformer.wpe.weight", "position_embd.weight", shape.context, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "transformer.h." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "ln_1", gguf + "attn_norm", hidden, true);
        list.linear(name + "attn.c_attn", gguf + "attn_qkv", 3 * hidden, hidden, Part::attention, conv1d);
        list.linear(name + "attn.c_proj", gguf + "attn_output", hidden, hidden, Part::attention, conv1d);
        list.norm(name + "ln_2", gguf + "ffn_norm", hidden, true);
        list.linear(name + "mlp.c_fc", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, conv1d);
        list.linear(name + "mlp.c_proj", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, conv1d);
    }
    list.norm("transformer.ln_f", "output_norm", hidden, true);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.prefix_alternative("transformer.", "");
    list.ignore(".attn.bias");  // the causal mask, kept as a buffer
    list.ignore(".attn.masked_bias");
    return list;
}

}  // namespace tandem::gpt2
