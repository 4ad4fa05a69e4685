#include "engine/models/rotary_tensors.h"

namespace tandem {

void add_attention(TensorList& list, const LayerNames& layer, const ModelShape& shape,
                   const RotaryAttentionTensors& options) {
    const std::string name = layer.name + options.block;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const TensorList::LinearOptions rotated{.bias = options.bias, .gguf_rows = options.gguf_rows};
    list.linear(name + "q_proj", layer.in_gguf("attn_q"), query, shape.hidden, Part::attention, rotated);
    list.linear(name + "k_proj", layer.in_gguf("attn_k"), key, shape.hidden, Part::attention, rotated);
    list.linear(name + "v_proj", layer.in_gguf("attn_v"), key, shape.hidden, Part::attention, options.bias);
    list.linear(name + "o_proj", layer.in_gguf("attn_output"), shape.hidden, query, Part::attention,
                options.output_bias);
    if (options.head_norms) {
        list.norm(name + "q_norm", layer.in_gguf("attn_q_norm"), shape.head_dim, false, options.norm_added);
        list.norm(name + "k_norm", layer.in_gguf("attn_k_norm"), shape.head_dim, false, options.norm_added);
    }
}

void add_gated_mlp(TensorList& list, const LayerNames& layer, std::int64_t hidden, std::int64_t ffn, bool bias,
                   const std::string& block) {
    const std::string name = layer.name + block;
    list.linear(name + "gate_proj", layer.in_gguf("ffn_gate"), ffn, hidden, Part::mlp, bias);
    list.linear(name + "up_proj", layer.in_gguf("ffn_up"), ffn, hidden, Part::mlp, bias);
    list.linear(name + "down_proj", layer.in_gguf("ffn_down"), hidden, ffn, Part::mlp, bias);
}

void add_embedding(TensorList& list, const ModelShape& shape) {
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, shape.hidden, Part::embedding);
}

void add_output(TensorList& list, const ModelShape& shape, bool bias) {
    if (shape.tied_embeddings) {
        list.ignore("lm_head.weight");
        return;
    }
    list.linear("lm_head", "output", shape.vocab, shape.hidden, Part::output, bias);
}

void ignore_rotary_buffers(TensorList& list) {
    for (const char* name : {"rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached",
                             "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"}) {
        list.ignore(name);
    }
}

}  // namespace tandem
