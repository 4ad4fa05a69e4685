// The layer that vision encoders are made of: attention of all patches to all, then a feed-forward block, each behind a
// norm and added to what came in (Dosovitskiy et al. 2021, equations 2 and 3). Thread rule: const, shared freely.
#pragma once

#include <cstdint>
#include <variant>

#include "engine/nn/mlp.h"
#include "engine/nn/norm.h"

namespace tandem {

struct VisionBlock {
    LayerNorm attention_norm;
    Linear query;                     // [heads * head_dim, hidden]
    Linear key;                       // the same
    Linear value;                     // the same
    Linear attention_output;          // [hidden, heads * head_dim]
    at::Tensor attention_scale = {};  // f32 [hidden], of what attention adds (Touvron et al. 2021); undefined: 1
    LayerNorm mlp_norm;
    std::variant<Mlp, PackedGatedMlp> mlp;
    at::Tensor mlp_scale = {};  // the same of the feed-forward block

    // x f32 [pictures, tokens, hidden] to the same.
    at::Tensor operator()(const at::Tensor& x, std::int64_t heads) const;
};

}  // namespace tandem
