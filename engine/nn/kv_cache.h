// Static KV cache: keys and values of past positions, allocated once, written in place. The cache is run state and
// belongs to one generation; weights are elsewhere. Thread rule: one thread at a time.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct KvCacheShape {
    std::int64_t layers = 0;
    std::int64_t batch = 1;
    std::int64_t kv_heads = 0;
    std::int64_t slots = 0;  // most positions it can hold
    std::int64_t head_dim = 0;
    at::ScalarType dtype = at::kFloat;

    // keys and values of all layers
    std::int64_t bytes() const;
};

class KvCache {
public:
    // Errors: OUT_OF_MEMORY, with the bytes that were needed.
    static Result<KvCache> create(const KvCacheShape& shape, at::Device device);

    const KvCacheShape& shape() const { return shape_; }
    std::int64_t length() const { return length_; }  // positions filled

    // Writes keys and values [batch, kv_heads, tokens, head_dim] of one layer behind the filled positions and returns
    // that layer's filled part with them, [batch, kv_heads, length + tokens, head_dim] each. length() moves only with
    // advance(), once every layer has been written.
    std::pair<at::Tensor, at::Tensor> append(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values);
    void advance(std::int64_t tokens) { length_ += tokens; }
    void clear() { length_ = 0; }
    // Forgets all but the first `length` positions: a shared prefix is kept.
    void truncate(std::int64_t length) { length_ = length < length_ ? length : length_; }

private:
    KvCacheShape shape_;
    std::vector<at::Tensor> keys_;    // per layer [batch, kv_heads, slots, head_dim]
    std::vector<at::Tensor> values_;  // the same
    std::int64_t length_ = 0;
};

}  // namespace tandem
