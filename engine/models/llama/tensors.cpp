// What the tensors of a Llama checkpoint are called: folders as transformers' LlamaForCausalLM saves them, GGUF as
// llama.cpp's converter writes it.
#include "engine/models/llama/config.h"

namespace tandem::llama {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const bool bias = own.attention_bias;
    const TensorList::LinearOptions rotated{.bias = bias, .gguf_rows = RowOrder::interleaved_halves(shape.head_dim)};

    TensorList list;
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden);
        list.linear(name + "self_attn.q_proj", gguf + "attn_q", query, hidden, Part::attention, rotated);
        list.linear(name + "self_attn.k_proj", gguf + "attn_k", key, hidden, Part::attention, rotated);
        list.linear(name + "self_attn.v_proj", gguf + "attn_v", key, hidden, Part::attention, bias);
        list.linear(name + "self_attn.o_proj", gguf + "attn_output", hidden, query, Part::attention, bias);
        list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden);
        list.linear(name + "mlp.gate_proj", gguf + "ffn_gate", shape.ffn, hidden, Part::mlp, own.mlp_bias);
        list.linear(name + "mlp.up_proj", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, own.mlp_bias);
        list.linear(name + "mlp.down_proj", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, own.mlp_bias);
    }
    list.norm("model.norm", "output_norm", hidden);
    if (!shape.tied_embeddings) {
        list.linear("lm_head", "output", shape.vocab, hidden, Part::output);
    } else {
        list.ignore("lm_head.weight");  // the configuration says that it repeats the embedding
    }
    list.ignore("rotary_emb.inv_freq");  // computed anew by everybody
    list.ignore("rope_freqs.weight");    // read with the configuration
    return list;
}

}  // namespace tandem::llama
