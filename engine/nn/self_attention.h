// The steps of a decoder's self-attention that its families share: splitting a fused projection, rotating, keeping keys
// and values, attending over all that is kept. Thread rule: stateless; a cache belongs to one generation.
#pragma once

#include "engine/nn/attention.h"
#include "engine/nn/kv_cache.h"
#include "engine/nn/rope.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

// A product each for queries, keys and values.
struct Projections {
    Linear query;  // [heads * head_dim, hidden]
    Linear key;    // [kv_heads * head_dim, hidden]
    Linear value;  // [kv_heads * head_dim, hidden]
};

// What a run of tokens asks, is found by and gives.
struct Heads {
    at::Tensor query;  // f32 [batch, heads, tokens, head_dim]
    at::Tensor key;    // f32 [batch, kv_heads, tokens, head_dim]
    at::Tensor value;  // the same

    // Each from a projection of its own, [batch, tokens, heads or kv_heads * head_dim].
    static Heads split(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads,
                       std::int64_t kv_heads);
    // The same from what they project, x [batch, tokens, hidden].
    static Heads of(const at::Tensor& x, const Projections& projections, std::int64_t heads, std::int64_t kv_heads) {
        return split(projections.query(x), projections.key(x), projections.value(x), heads, kv_heads);
    }
    // From one projection, [batch, tokens, (heads + 2 * kv_heads) * head_dim]: all queries, then keys, then values.
    static Heads split_fused(const at::Tensor& qkv, std::int64_t heads, std::int64_t kv_heads);

    void rotate(const Rotation& rotation);
};

// Writes keys and values into the cache's layer behind the filled positions, in the cache's type, and attends over all
// that it then holds, less the cache's padding. Returns f32 [batch, tokens, heads * head_dim].
at::Tensor attend_cached(const Heads& heads, std::int64_t layer, KvCache& cache, AttentionOptions options = {});

}  // namespace tandem
