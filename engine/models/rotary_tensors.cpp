#include "engine/models/rotary_tensors.h"

namespace tandem {

void add_attention(TensorList& list, const LayerNames& layer, const ModelShape& shape,
                   const RotaryAttentionTensors& options) {
    const std::string name = layer.name + options.block;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    list.projections(name, layer.gguf, query, key, shape.hidden,
                     {.bias = options.bias, .gguf_rows = options.gguf_rows});
    list.linear(name + "o_proj", layer.in_gguf("attn_output"), shape.hidden, query, Part::attention,
                options.output_bias);
    if (options.head_norms) {
        list.norm(name + "q_norm", layer.in_gguf("attn_q_norm"), shape.head_dim, false, options.norm_added);
        list.norm(name + "k_norm", layer.in_gguf("attn_k_norm"), shape.head_dim, false, options.norm_added);
    }
}

void add_ends(TensorList& list, const ModelShape& shape, double norm_added) {
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, shape.hidden, Part::embedding);
    list.norm("model.norm", "output_norm", shape.hidden, false, norm_added);
    list.output("lm_head", "output", shape.vocab, shape.hidden, shape.tied_embeddings);
    list.prefix_alternative("model.", "");  // saved as the model without its head
}

void ignore_rotary_buffers(TensorList& list) {
    for (const char* name : {"rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached",
                             "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"}) {
        list.ignore(name);
    }
}

}  // namespace tandem
