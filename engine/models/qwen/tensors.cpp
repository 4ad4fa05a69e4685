// What the tensors of a checkpoint of the first Qwen are called: folders as its own code saves them, GGUF as
// llama.cpp's converter writes it. The activated half of the feed-forward block is w2.
#include "engine/models/qwen/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::qwen {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    TensorList list;
    list.matrix("transformer.wte.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const std::string name = "transformer.h." + std::to_string(index) + ".";
        const std::string gguf = "blk." + std::to_string(index) + ".";
        list.norm(name + "ln_1", gguf + "attn_norm", hidden);
        list.linear(name + "attn.c_attn", gguf + "attn_qkv", 3 * query, hidden, Part::attention, true);
        list.linear(name + "attn.c_proj", gguf + "attn_output", hidden, query, Part::attention, own.bias);
        list.norm(name + "ln_2", gguf + "ffn_norm", hidden);
        list.linear(name + "mlp.w2", gguf + "ffn_gate", shape.ffn, hidden, Part::mlp, own.bias);
        list.linear(name + "mlp.w1", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, own.bias);
        list.linear(name + "mlp.c_proj", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, own.bias);
    }
    list.norm("transformer.ln_f", "output_norm", hidden);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    ignore_rotary_buffers(list);
    list.ignore("attn.masked_bias");
    return list;
}

}  // namespace tandem::qwen
