// Multi-head attention with its four products (Vaswani et al. 2017, section 3.2.2), over the tokens' own keys and
// values or over those of an encoder's output. Thread rule: const, shared freely.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/nn/attention.h"
#include "engine/nn/rope.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

// [batch, kv_heads, tokens, head_dim] each
using KeysValues = std::pair<at::Tensor, at::Tensor>;

struct MultiHead {
    // Which key head a query head uses: each of kv_heads serves `group` neighbours, or every kv_heads-th.
    enum class Sharing { neighbours, tiled };

    Linear query;   // [heads * head_dim, hidden]
    Linear key;     // [kv_heads * head_dim, hidden of what is attended to]
    Linear value;   // the same
    Linear output;  // [hidden, heads * head_dim]
    std::int64_t heads = 1;
    std::int64_t kv_heads = 1;
    at::ScalarType type = at::kFloat;  // that keys and values are held and multiplied in
    Sharing sharing = Sharing::neighbours;

    // Keys and values of x f32 [batch, tokens, hidden], the keys rotated where a rotation is given.
    KeysValues keys_values(const at::Tensor& x, const Rotation* rotation = nullptr) const;

    // x f32 [batch, tokens, hidden] attends to keys and values; f32 [batch, tokens, hidden].
    at::Tensor attend_to(const at::Tensor& x, const KeysValues& seen, const AttentionOptions& options,
                         const Rotation* rotation = nullptr) const;
};

}  // namespace tandem
