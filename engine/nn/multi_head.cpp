#include "engine/nn/multi_head.h"

namespace tandem {

KeysValues MultiHead::keys_values(const at::Tensor& x, const Rotation* rotation) const {
    at::Tensor keys = split_heads(key(x), kv_heads);
    if (rotation != nullptr) {
        keys = rotation->apply(keys);
    }
    return {keys.to(type), split_heads(value(x), kv_heads).to(type)};
}

at::Tensor MultiHead::attend_to(const at::Tensor& x, const KeysValues& seen, const AttentionOptions& options,
                                const Rotation* rotation) const {
    at::Tensor queries = split_heads(query(x), heads);
    if (rotation != nullptr) {
        queries = rotation->apply(queries);
    }
    queries = queries.to(type);
    const std::int64_t group = heads / kv_heads;
    const bool reorder = sharing == Sharing::tiled && group > 1 && kv_heads > 1;
    if (reorder) {  // head g * kv_heads + k to k * group + g
        queries = queries.unflatten(1, {group, kv_heads}).transpose(1, 2).flatten(1, 2);
    }
    at::Tensor mixed = attend(queries, seen.first, seen.second, options).to(at::kFloat);
    if (reorder) {
        mixed = mixed.unflatten(2, {kv_heads, group, -1}).transpose(2, 3).flatten(2);
    }
    return output(mixed);
}

}  // namespace tandem
