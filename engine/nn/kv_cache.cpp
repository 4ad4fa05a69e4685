#include "engine/nn/kv_cache.h"

#include <limits>
#include <string>

#include "engine/tensor/checked.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

// Absent when it does not fit into 63 bits.
std::optional<std::uint64_t> bytes_of(const KvCacheShape& shape) {
    std::optional<std::uint64_t> bytes = 2 * static_cast<std::uint64_t>(c10::elementSize(shape.dtype));
    for (const std::int64_t size : {shape.layers, shape.batch, shape.kv_heads, shape.slots, shape.head_dim}) {
        bytes = bytes ? checked::mul(*bytes, static_cast<std::uint64_t>(size)) : bytes;
    }
    return bytes && *bytes <= std::numeric_limits<std::int64_t>::max() ? bytes : std::nullopt;
}

}  // namespace

std::int64_t KvCacheShape::bytes() const {
    const auto bytes = bytes_of(*this);
    return bytes ? static_cast<std::int64_t>(*bytes) : std::numeric_limits<std::int64_t>::max();
}

Result<KvCache> KvCache::create(const KvCacheShape& shape, at::Device device) {
    const std::string doing = "make a KV cache of " + std::to_string(shape.slots) + " positions (" +
                              (bytes_of(shape) ? std::to_string(shape.bytes()) : "more than 2^63") + " bytes)";
    if (!bytes_of(shape)) {
        return Error{.code = "OUT_OF_MEMORY",
                     .message = "there is not enough memory to " + doing,
                     .kind = ErrorKind::out_of_memory};
    }
    return translate_torch(doing, [&] {
        KvCache cache;
        cache.shape_ = shape;
        const auto options = at::TensorOptions(shape.dtype).device(device);
        for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
            const std::array<std::int64_t, 4> sizes{shape.batch, shape.kv_heads, shape.slots, shape.head_dim};
            cache.keys_.push_back(at::empty(sizes, options));
            cache.values_.push_back(at::empty(sizes, options));
        }
        return cache;
    });
}

std::pair<at::Tensor, at::Tensor> KvCache::append(std::int64_t layer, const at::Tensor& keys,
                                                  const at::Tensor& values) {
    const std::int64_t tokens = keys.size(2);
    TORCH_CHECK(length_ + tokens <= shape_.slots, "the KV cache has ", shape_.slots, " positions, of which ", length_,
                " are taken; ", tokens, " more do not fit");
    const auto index = static_cast<std::size_t>(layer);
    keys_[index].narrow(2, length_, tokens).copy_(keys);
    values_[index].narrow(2, length_, tokens).copy_(values);
    return {keys_[index].narrow(2, 0, length_ + tokens), values_[index].narrow(2, 0, length_ + tokens)};
}

}  // namespace tandem
