#include "engine/nn/self_attention.h"

namespace tandem {

Heads Heads::split(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads,
                   std::int64_t kv_heads) {
    return {split_heads(query, heads), split_heads(key, kv_heads), split_heads(value, kv_heads)};
}

Heads Heads::split_fused(const at::Tensor& qkv, std::int64_t heads, std::int64_t kv_heads) {
    const at::Tensor all = split_heads(qkv, heads + 2 * kv_heads);
    return {all.narrow(1, 0, heads), all.narrow(1, heads, kv_heads), all.narrow(1, heads + kv_heads, kv_heads)};
}

void Heads::rotate(const Rotation& rotation) {
    query = rotation.apply(query);
    key = rotation.apply(key);
}

at::Tensor attend_cached(const Heads& heads, std::int64_t layer, KvCache& cache, AttentionOptions options) {
    const auto [keys, values] = cache.append(layer, heads.key, heads.value);
    options.starts = cache.starts();
    return attend(heads.query.to(keys.scalar_type()), keys, values, options).to(at::kFloat);
}

}  // namespace tandem
