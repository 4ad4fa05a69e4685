// Attention over keys and values that lie in a cache or in an encoder's output: grouped queries (Ainslie et al. 2023),
// sliding windows, soft-capped scores, biases by position, padding. Thread rule: stateless.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

struct AttentionOptions {
    double scale = 0;         // of the scores; 0: 1 / sqrt(key_dim)
    bool causal = true;       // each query sees the keys up to its own position; false: all keys
    std::int64_t window = 0;  // a causal query sees that many keys, its own included; 0: all
    double softcap = 0;       // scores become softcap * tanh(scores / softcap) (Gemma 2); 0: they stay
    at::Tensor bias;          // f32 [heads or 1, queries, keys], added to the scaled scores (T5)
    at::Tensor alibi_slopes;  // f32 [heads]: slope * (key position - query position) is added (Press et al. 2022)
    at::Tensor starts;        // i64 [batch], keys before are padding (KvCache::starts)
    at::Tensor key_mask;      // bool [batch, keys], true for keys that are there; for encoders and their output
};

// queries [batch, heads, tokens, key_dim]; keys [batch, kv_heads, length, key_dim] and values [batch, kv_heads, length,
// value_dim] are read where they lie, not copied. Where causal, the queries are the last `tokens` of `length`
// positions. Neighbouring heads / kv_heads query heads share a key head. A query of a padded position sees itself only.
// Returns [batch, tokens, heads * value_dim].
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const AttentionOptions& options = {});

// [batch, tokens, heads * head_dim] to [batch, heads, tokens, head_dim], without copying.
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads);

// The slopes of ALiBi, f32 [heads] (Press et al. 2022): a geometric series for a power of two of heads; for other
// numbers that of the next smaller power, and then every second one of the next larger.
at::Tensor alibi_slopes(std::int64_t heads);

}  // namespace tandem
