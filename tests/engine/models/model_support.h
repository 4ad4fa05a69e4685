// Loading models and reading expected numbers, for the tests of families. Thread rule: stateless.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/models/causal_lm.h"
#include "engine/tensor/safetensors.h"

namespace tandem::test {

inline Result<std::shared_ptr<const CausalLm>> load(const std::string& location, Dtype dtype = Dtype::f32,
                                                    std::uint64_t seed = 0) {
    return load_causal_lm({.name = "test", .location = location}, {.dtype = dtype}, at::kCPU, seed, {}, {});
}

inline std::string code_of_load(const std::string& location, Dtype dtype = Dtype::f32) {
    const auto model = load(location, dtype);
    return model.ok() ? "accepted" : model.error().code;
}

// A copy of a f32 or i32 tensor (as i64) of the file.
inline at::Tensor tensor_of(const WeightFile& file, std::string_view name) {
    const TensorView* view = file.find(name);
    if (view == nullptr) {
        throw std::runtime_error("the fixture has no tensor " + std::string(name));
    }
    const auto type = view->type == TensorType::f32 ? at::kFloat : view->type == TensorType::i64 ? at::kLong : at::kInt;
    at::Tensor copy = at::empty(view->shape, type);
    std::memcpy(copy.mutable_data_ptr(), view->data.data(), view->data.size());
    return type == at::kInt ? copy.to(at::kLong) : copy;
}

// Logits [tokens, vocab] of ids [tokens] on an empty cache.
inline at::Tensor logits_of(const CausalLm& model, const at::Tensor& ids) {
    auto cache = KvCache::create(model.cache_shape(1, ids.size(0)), model.device()).value();
    return model.forward(ids.unsqueeze(0), cache, LogitsFor::all).squeeze(0);
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace tandem::test
