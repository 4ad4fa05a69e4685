#include "engine/nn/mlp.h"

#include <cmath>

namespace tandem {

at::Tensor activate(Activation activation, at::Tensor x) {
    switch (activation) {
        case Activation::silu:
            // A backward pass needs x, which would be copied first.
            return x.requires_grad() ? at::silu(x) : at::silu_(x);
        case Activation::gelu:
            return at::gelu(x);
        case Activation::gelu_tanh:
            return at::gelu(x, "tanh");
        case Activation::quick_gelu:
            return x.requires_grad() ? x * at::sigmoid(x * 1.702) : x.mul_(at::sigmoid(x * 1.702));
        case Activation::relu:
            return x.relu_();
        case Activation::relu_squared:
            return x.requires_grad() ? x.relu().square() : x.relu_().square_();
        case Activation::relu6:
            return at::relu6(x);
        case Activation::leaky_relu:
            return at::leaky_relu(x);
        case Activation::gelu_10:
            return at::gelu(x).clamp(-10, 10);
        case Activation::hardswish:
            return at::hardswish(x);
        case Activation::mish:
            return at::mish(x);
        case Activation::laplace:
            return (1 + at::erf((x - 0.707107) / (0.282095 * std::sqrt(2.0)))) * 0.5;
        case Activation::sqrt_softplus:
            return at::softplus(x).sqrt();
        case Activation::tanh:
            return x.tanh_();
        case Activation::sigmoid:
            return x.sigmoid_();
        case Activation::linear:
            return x;
    }
    return x;
}

at::Tensor soft_cap(at::Tensor x, double cap) {
    if (cap <= 0) {
        return x;
    }
    // A backward pass needs what tanh gave.
    return x.requires_grad() ? (x / cap).tanh() * cap : x.div_(cap).tanh_().mul_(cap);
}

}  // namespace tandem
