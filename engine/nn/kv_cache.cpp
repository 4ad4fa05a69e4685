#include "engine/nn/kv_cache.h"

#include <limits>
#include <string>

#include "engine/tensor/checked.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

using Bytes = std::optional<std::uint64_t>;

Bytes product(std::initializer_list<std::int64_t> sizes, std::uint64_t bytes) {
    Bytes result = bytes;
    for (const std::int64_t size : sizes) {
        result = result ? checked::mul(*result, static_cast<std::uint64_t>(size)) : result;
    }
    return result;
}

Bytes sum(Bytes a, Bytes b) {
    return a && b ? checked::add(*a, *b) : std::nullopt;
}

// Absent when it does not fit into 63 bits.
Bytes bytes_of(const KvCacheShape& shape) {
    const auto number = static_cast<std::uint64_t>(c10::elementSize(shape.dtype));
    Bytes bytes = 0;
    for (const KvLayer& layer : shape.layers) {
        bytes =
            sum(bytes, product({shape.batch, layer.kv_heads, shape.slots, layer.key_dim + layer.value_dim}, number));
        for (const auto& state : layer.states) {
            Bytes size = product({shape.batch}, sizeof(float));
            for (const std::int64_t extent : state) {
                size = size ? product({extent}, *size) : size;
            }
            bytes = sum(bytes, size);
        }
    }
    return bytes && *bytes <= std::numeric_limits<std::int64_t>::max() ? bytes : std::nullopt;
}

}  // namespace

KvCacheShape KvCacheShape::uniform(std::int64_t layers, std::int64_t batch, std::int64_t kv_heads, std::int64_t slots,
                                   std::int64_t head_dim, at::ScalarType dtype) {
    const KvLayer layer{.kv_heads = kv_heads, .key_dim = head_dim, .value_dim = head_dim};
    return {.layers = std::vector<KvLayer>(static_cast<std::size_t>(layers), layer),
            .batch = batch,
            .slots = slots,
            .dtype = dtype};
}

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
        cache.device_ = device;
        const auto options = at::TensorOptions(shape.dtype).device(device);
        for (const KvLayer& layer : shape.layers) {
            cache.keys_.push_back(at::empty({shape.batch, layer.kv_heads, shape.slots, layer.key_dim}, options));
            cache.values_.push_back(at::empty({shape.batch, layer.kv_heads, shape.slots, layer.value_dim}, options));
            cache.first_state_.push_back(cache.states_.size());
            for (const auto& state : layer.states) {
                std::vector<std::int64_t> sizes{shape.batch};
                sizes.insert(sizes.end(), state.begin(), state.end());
                cache.states_.push_back(at::zeros(sizes, at::TensorOptions(at::kFloat).device(device)));
            }
        }
        return cache;
    });
}

KvCache KvCache::for_one_pass(const KvCacheShape& shape, at::Device device) {
    KvCache cache;
    cache.shape_ = shape;
    cache.device_ = device;
    cache.keeps_ = false;
    return cache;
}

void KvCache::set_starts(const at::Tensor& starts) {
    TORCH_CHECK(length_ == 0 && starts.dim() == 1 && starts.size(0) == shape_.batch,
                "padding is set on an empty cache, one number for each row");
    starts_ = starts.to(device_, at::kLong);
}

at::Tensor KvCache::positions(std::int64_t tokens) const {
    const at::Tensor places =
        at::arange(length_, length_ + tokens, at::TensorOptions(at::kLong).device(device_)).unsqueeze(0);
    return starts_.defined() ? (places - starts_.unsqueeze(1)).clamp_min(0) : places;
}

at::Tensor KvCache::mark(const at::Tensor& there) {
    const std::int64_t tokens = there.size(1);
    if (!there_.defined()) {
        if (there.all().item<bool>()) {
            return {};
        }
        there_ = at::ones({shape_.batch, shape_.slots}, at::TensorOptions(at::kBool).device(device_));
    }
    there_.narrow(1, length_, tokens).copy_(there);
    return there_.narrow(1, 0, length_ + tokens);
}

at::Tensor& KvCache::state(std::int64_t layer, std::size_t index) {
    TORCH_CHECK(keeps_, "a recurrent state is written in place, which gives no gradients");
    return states_.at(first_state_.at(static_cast<std::size_t>(layer)) + index);
}

void KvCache::advance(std::int64_t tokens) {
    prompt_ = prompt_or(tokens);
    length_ += tokens;
}

void KvCache::clear() {
    length_ = 0;
    prompt_ = 0;
    counts_each_ = false;
    depends_on_prompt_ = false;
    starts_ = at::Tensor();
    there_ = at::Tensor();
    for (at::Tensor& state : states_) {
        state.zero_();
    }
}

void KvCache::truncate(std::int64_t length) {
    TORCH_CHECK(can_truncate() || length >= length_, "a recurrent state cannot be taken back to an earlier position");
    length_ = length < length_ ? length : length_;
    if (there_.defined() && there_.narrow(1, 0, length_).all().item<bool>()) {
        there_ = at::Tensor();  // as if what was forgotten had never come
    }
}

std::pair<at::Tensor, at::Tensor> KvCache::append(std::int64_t layer, const at::Tensor& keys,
                                                  const at::Tensor& values) {
    const std::int64_t tokens = keys.size(2);
    TORCH_CHECK(length_ + tokens <= shape_.slots, "the KV cache has ", shape_.slots, " positions, of which ", length_,
                " are taken; ", tokens, " more do not fit");
    if (!keeps_) {
        TORCH_CHECK(length_ == 0, "a cache for one pass has had it");
        return {keys.to(shape_.dtype), values.to(shape_.dtype)};
    }
    const auto index = static_cast<std::size_t>(layer);
    keys_[index].narrow(2, length_, tokens).copy_(keys);
    values_[index].narrow(2, length_, tokens).copy_(values);
    return {keys_[index].narrow(2, 0, length_ + tokens), values_[index].narrow(2, 0, length_ + tokens)};
}

}  // namespace tandem
