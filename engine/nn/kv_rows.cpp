#include "engine/nn/kv_rows.h"

#include <numeric>
#include <vector>

namespace tandem {
namespace {

// What a layer holds, [batch, kv_heads, length, dim] each, to be read and written in place.
std::pair<at::Tensor, at::Tensor> filled(KvCache& cache, std::size_t layer, at::Device device) {
    const KvLayer& is = cache.shape().layers[layer];
    const auto none = [&](std::int64_t dim) {
        return at::empty({cache.shape().batch, is.kv_heads, 0, dim},
                         at::TensorOptions(cache.shape().dtype).device(device));
    };
    return cache.append(static_cast<std::int64_t>(layer), none(is.key_dim), none(is.value_dim));
}

// bool [batch, length], in place; undefined while there was no padding.
at::Tensor marks(KvCache& cache, at::Device device) {
    return cache.mark(at::ones({cache.shape().batch, 0}, at::TensorOptions(at::kBool).device(device)));
}

at::Device device_of(const KvCache& cache) {
    return cache.positions(0).device();
}

void reorder(const at::Tensor& rows, const at::Tensor& order) {
    rows.copy_(rows.index_select(0, order));
}

}  // namespace

Result<KvCache> spread_rows(KvCache& one, std::int64_t rows) {
    TORCH_CHECK(one.shape().batch == 1 && !one.starts().defined(), "one sequence is spread, without padding before it");
    KvCacheShape shape = one.shape();
    shape.batch = rows;
    const at::Device device = device_of(one);
    KvCache many = TANDEM_TRY(KvCache::create(shape, device));
    for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) {
        const auto index = static_cast<std::int64_t>(layer);
        if (shape.layers[layer].kv_heads > 0) {
            const auto [keys, values] = filled(one, layer, device);
            many.append(index, keys.expand({rows, -1, -1, -1}), values.expand({rows, -1, -1, -1}));
        }
        for (std::size_t state = 0; state < shape.layers[layer].states.size(); ++state) {
            many.state(index, state).copy_(one.state(index, state));
        }
    }
    if (const at::Tensor there = marks(one, device); there.defined()) {
        many.mark(there.expand({rows, -1}));
    }
    many.expect(one.expected());
    many.advance(one.length());
    return many;
}

void select_rows(KvCache& cache, std::span<const std::int64_t> order, std::int64_t shared) {
    const std::int64_t rows = cache.shape().batch;
    TORCH_CHECK(static_cast<std::int64_t>(order.size()) == rows, "the order names one row for each of ", rows);
    std::vector<std::int64_t> same(order.size());
    std::iota(same.begin(), same.end(), 0);
    if (std::equal(order.begin(), order.end(), same.begin())) {
        return;
    }
    const at::Device device = device_of(cache);
    const at::Tensor from = at::tensor(at::ArrayRef<std::int64_t>(order.data(), order.size())).to(device);
    const std::int64_t own = cache.length() - shared;
    for (std::size_t layer = 0; layer < cache.shape().layers.size(); ++layer) {
        if (own > 0 && cache.shape().layers[layer].kv_heads > 0) {
            const auto [keys, values] = filled(cache, layer, device);
            reorder(keys.narrow(2, shared, own), from);
            reorder(values.narrow(2, shared, own), from);
        }
        for (std::size_t state = 0; state < cache.shape().layers[layer].states.size(); ++state) {
            reorder(cache.state(static_cast<std::int64_t>(layer), state), from);
        }
    }
    if (const at::Tensor there = marks(cache, device); there.defined()) {
        reorder(there, from);
    }
}

}  // namespace tandem
