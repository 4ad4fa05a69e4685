// What the tensors of an OpenELM checkpoint are called: folders as its own code saves them, GGUF as llama.cpp's
// converter writes it, which cuts the feed-forward block's first matrix in two.
#include "engine/models/openelm/config.h"

namespace tandem::openelm {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    TensorList list;
    list.matrix("transformer.token_embeddings.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::size_t index = 0; index < own.heads.size(); ++index) {
        const std::string name = "transformer.layers." + std::to_string(index) + ".";
        const std::string gguf = "blk." + std::to_string(index) + ".";
        const std::int64_t query = own.heads[index] * shape.head_dim;
        const std::int64_t key = own.kv_heads[index] * shape.head_dim;
        const std::int64_t ffn = own.ffn[index];
        list.norm(name + "attn_norm", gguf + "attn_norm", hidden);
        list.linear(name + "attn.qkv_proj", gguf + "attn_qkv", query + 2 * key, hidden, Part::attention);
        list.linear(name + "attn.out_proj", gguf + "attn_output", hidden, query, Part::attention);
        if (own.head_norms) {
            list.norm(name + "attn.q_norm", gguf + "attn_q_norm", shape.head_dim);
            list.norm(name + "attn.k_norm", gguf + "attn_k_norm", shape.head_dim);
        }
        list.norm(name + "ffn_norm", gguf + "ffn_norm", hidden);
        list.linear(name + "ffn.proj_1", "", 2 * ffn, hidden, Part::mlp);
        for (const char* half : {"ffn_gate.weight", "ffn_up.weight"}) {
            TensorSpec& part = list.matrix("", gguf + half, ffn, hidden, Part::mlp);
            part.optional = true;
            part.part_of = name + "ffn.proj_1.weight";
        }
        list.linear(name + "ffn.proj_2", gguf + "ffn_down", hidden, ffn, Part::mlp);
    }
    list.norm("transformer.norm", "output_norm", hidden);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    return list;
}

}  // namespace tandem::openelm
