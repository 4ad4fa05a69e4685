// Activation functions of feed-forward blocks, by the names that configurations use. No torch in this header: reading
// a configuration needs it too. Thread rule: stateless.
#pragma once

#include <optional>
#include <string_view>

namespace tandem {

enum class Activation {
    silu,        // "silu", "swish": x * sigmoid(x)
    gelu,        // "gelu", "gelu_python": x * Phi(x) by the error function
    gelu_tanh,   // "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate": the tanh approximation
    quick_gelu,  // "quick_gelu": x * sigmoid(1.702 x)
    relu,
    relu_squared,  // "relu2"
    relu6,
    leaky_relu,  // 0.01 x below zero
    gelu_10,     // "gelu" kept within -10 ... 10
    hardswish,
    mish,           // x * tanh(softplus(x))
    laplace,        // Ma et al. 2022 (MEGA), with its published constants
    sqrt_softplus,  // "sqrtsoftplus"
    tanh,
    sigmoid,
    linear,
};

// Absent for a name that is none of them.
std::optional<Activation> activation_of(std::string_view name);

}  // namespace tandem
