#include "engine/nn/rotary_attention.h"

namespace tandem {
namespace {

at::Tensor normed(const RmsNorm& norm, const at::Tensor& heads) {
    return norm.weight.defined() ? norm(heads) : heads;
}

}  // namespace

at::Tensor RotaryAttention::operator()(const at::Tensor& x, std::int64_t layer, const Rotation& query_rotation,
                                       const Rotation& key_rotation, KvCache& cache) const {
    Heads of_x = Heads::of(x, projections, heads, kv_heads);
    of_x.query = query_rotation.apply(normed(query_norm, of_x.query));
    of_x.key = key_rotation.apply(normed(key_norm, of_x.key));
    return output(attend_cached(of_x, layer, cache, options));
}

}  // namespace tandem
