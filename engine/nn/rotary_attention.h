// Attention of a decoder layer whose queries and keys are rotated: four products, as every family since Llama has them,
// with what some of them add. Thread rule: const, shared freely; a cache belongs to one generation.
#pragma once

#include "engine/nn/norm.h"
#include "engine/nn/self_attention.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

struct RotaryAttention {
    Projections projections;
    Linear output;       // [hidden, heads * head_dim]
    RmsNorm query_norm;  // over each head, before the rotation (Qwen 3, Gemma 3, OpenELM); without weight: none
    RmsNorm key_norm;    // the same
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    AttentionOptions options;  // scale, window, soft cap

    // x f32 [batch, tokens, hidden] to the same. `layer` is the cache's. Queries may have a rotation of their own.
    at::Tensor operator()(const at::Tensor& x, std::int64_t layer, const Rotation& rotation, KvCache& cache) const {
        return (*this)(x, layer, rotation, rotation, cache);
    }
    at::Tensor operator()(const at::Tensor& x, std::int64_t layer, const Rotation& query_rotation,
                          const Rotation& key_rotation, KvCache& cache) const;
};

}  // namespace tandem
