// Tensors of the layers that the families since Llama have in common, by the names that transformers and llama.cpp's
// converter give them. No torch. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/model_facts.h"
#include "engine/models/tensor_list.h"

namespace tandem {

// Of one layer: "model.layers.3." and "blk.3.". Families without a GGUF form leave `gguf` empty.
struct LayerNames {
    std::string name;
    std::string gguf;

    static LayerNames of(std::int64_t layer) {
        return {"model.layers." + std::to_string(layer) + ".", "blk." + std::to_string(layer) + "."};
    }
    std::string in_gguf(const std::string& rest) const { return gguf.empty() ? std::string() : gguf + rest; }
};

struct RotaryAttentionTensors {
    bool bias = false;  // of query, key and value
    bool output_bias = false;
    RowOrder gguf_rows = {};  // of query and key
    bool head_norms = false;  // q_norm and k_norm over each head
    double norm_added = 0;    // Stored::added of these
    std::string block = "self_attn.";
};

// q_proj, k_proj, v_proj, o_proj (and q_norm, k_norm) of the block.
void add_attention(TensorList& list, const LayerNames& layer, const ModelShape& shape,
                   const RotaryAttentionTensors& options);

// model.embed_tokens, model.norm and lm_head, which repeats the embedding where the configuration ties them.
void add_ends(TensorList& list, const ModelShape& shape, double norm_added = 0);
// Cosines and frequencies that older files carry along: computed anew by everybody, or read with the configuration.
void ignore_rotary_buffers(TensorList& list);

}  // namespace tandem
