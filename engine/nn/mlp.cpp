#include "engine/nn/mlp.h"

namespace tandem {

at::Tensor activate(Activation activation, at::Tensor x) {
    switch (activation) {
        case Activation::silu:
            return at::silu_(x);
        case Activation::gelu:
            return at::gelu(x);
        case Activation::gelu_tanh:
            return at::gelu(x, "tanh");
        case Activation::quick_gelu:
            return x.mul_(at::sigmoid(x * 1.702));
        case Activation::relu:
            return x.relu_();
        case Activation::relu_squared:
            return x.requires_grad() ? x.relu().square() : x.relu_().square_();
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
