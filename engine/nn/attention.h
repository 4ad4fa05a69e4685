// Attention over keys and values that lie in a cache or in an encoder's output: grouped queries (Ainslie et al. 2023),
// sliding windows, soft-capped scores, biases by position, padding. Thread rule: stateless.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

struct AttentionOptions {
    double scale = 0;    // of the scores; 0: 1 / sqrt(key_dim)
    bool causal = true;  // each query sees the keys up to its own position; false: all keys
    // A causal query sees that many keys, its own included; another one the keys at most that many places away. 0: all.
    std::int64_t window = 0;
    double softcap = 0;  // scores become softcap * tanh(scores / softcap) (Gemma 2); 0: they stay
    at::Tensor bias;     // f32 [heads or 1, queries, keys], added to the scaled scores
    // f32 [heads, 2 * span - 1], added by key position minus query position, from -(span - 1) to span - 1 (Raffel et
    // al. 2020, section 2.1); span is at least the number of keys.
    at::Tensor bias_by_distance;
    at::Tensor alibi_slopes;  // f32 [heads]: slope * (key position - query position) is added (Press et al. 2022)
    at::Tensor starts;        // i64 [batch], keys before are padding (KvCache::starts)
    at::Tensor key_mask;      // bool [batch, keys], true for keys that are there; for encoders and their output
};

// queries [batch, heads, tokens, key_dim]; keys [batch, kv_heads, length, key_dim] and values [batch, kv_heads, length,
// value_dim] are read where they lie, not copied. Where causal, the queries are the last `tokens` of `length`
// positions. Neighbouring heads / kv_heads query heads share a key head. A query that would see nothing sees itself.
// Returns [batch, tokens, heads * value_dim].
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const AttentionOptions& options = {});

// [batch, tokens, heads * head_dim] to [batch, heads, tokens, head_dim], without copying.
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads);

}  // namespace tandem
