// Root mean square normalisation (Zhang and Sennrich 2019, equation 4). Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension, in f32.
struct RmsNorm {
    at::Tensor weight;  // f32 [hidden]
    double epsilon = 1e-5;

    at::Tensor operator()(const at::Tensor& x) const { return at::rms_norm(x, weight.sizes(), weight, epsilon); }
    std::int64_t bytes() const { return static_cast<std::int64_t>(weight.nbytes()); }
};

}  // namespace tandem
