// Grouped-query attention (Ainslie et al. 2023) over a cache of keys and values. Thread rule: stateless.
#pragma once

#include <ATen/ATen.h>

namespace tandem {

// queries [batch, heads, tokens, head_dim] are the last `tokens` of `length` positions; keys and values
// [batch, kv_heads, length, head_dim] are read where they lie, not copied, and each query sees the keys up to its own
// position. Neighbouring heads / kv_heads query heads share a key head. Returns [batch, tokens, heads * head_dim].
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values);

}  // namespace tandem
