#include "engine/nn/attention.h"

#include <algorithm>

namespace tandem {
namespace {

// Queries behind a past need a mask [queries, length]; so many at a time bound its size.
constexpr std::int64_t masked_queries = 256;

// Key-value heads join the batch and their queries become the heads, which all see one key head through a stride of
// zero: [batch * kv_heads, group, tokens, head_dim].
at::Tensor shared_by_group(const at::Tensor& keys, std::int64_t group) {
    return keys.view({keys.size(0) * keys.size(1), 1, keys.size(2), keys.size(3)}).expand({-1, group, -1, -1});
}

// mask[i, j]: query i, at position `first` + i, may look at position j.
at::Tensor causal_mask(std::int64_t first, std::int64_t count, at::Device device) {
    return at::ones({count, first + count}, at::TensorOptions(at::kBool).device(device)).tril(first);
}

at::Tensor attend_behind_past(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
    const std::int64_t tokens = queries.size(2);
    const std::int64_t past = keys.size(2) - tokens;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < tokens; first += masked_queries) {
        const std::int64_t count = std::min(masked_queries, tokens - first);
        const std::int64_t seen = past + first + count;
        parts.push_back(at::scaled_dot_product_attention(queries.narrow(2, first, count), keys.narrow(2, 0, seen),
                                                         values.narrow(2, 0, seen),
                                                         causal_mask(past + first, count, queries.device())));
    }
    return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

}  // namespace

at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
    const std::int64_t batch = queries.size(0);
    const std::int64_t heads = queries.size(1);
    const std::int64_t tokens = queries.size(2);
    const std::int64_t head_dim = queries.size(3);
    const std::int64_t kv_heads = keys.size(1);
    const std::int64_t group = heads / kv_heads;

    const at::Tensor q = queries.reshape({batch * kv_heads, group, tokens, head_dim});
    const at::Tensor k = shared_by_group(keys, group);
    const at::Tensor v = shared_by_group(values, group);
    at::Tensor mixed;  // [batch * kv_heads, group, tokens, head_dim]
    if (tokens == 1 || keys.size(2) == tokens) {
        mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/tokens > 1);
    } else {
        mixed = attend_behind_past(q, k, v);
    }
    return mixed.reshape({batch, heads, tokens, head_dim}).transpose(1, 2).reshape({batch, tokens, heads * head_dim});
}

}  // namespace tandem
