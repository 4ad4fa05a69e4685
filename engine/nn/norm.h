// Normalisation over the last dimension, in f32. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

// Zhang and Sennrich 2019, equation 4: x / sqrt(mean(x^2) + epsilon) * weight.
struct RmsNorm {
    at::Tensor weight;  // f32 [hidden]
    double epsilon = 1e-5;

    at::Tensor operator()(const at::Tensor& x) const { return at::rms_norm(x, weight.sizes(), weight, epsilon); }
};

// Ba et al. 2016: (x - mean) / sqrt(variance + epsilon) * weight + bias. Undefined weight and bias are left out.
struct LayerNorm {
    at::Tensor weight;  // f32 [hidden]
    at::Tensor bias;    // f32 [hidden]
    double epsilon = 1e-5;

    at::Tensor operator()(const at::Tensor& x) const {
        return at::layer_norm(x, x.sizes().slice(static_cast<std::size_t>(x.dim()) - 1), weight, bias, epsilon);
    }
};

}  // namespace tandem
