#include "engine/nn/activation.h"

#include <array>
#include <utility>

namespace tandem {

std::optional<Activation> activation_of(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Activation>, 23> names{{
        {"silu", Activation::silu},
        {"swish", Activation::silu},
        {"gelu", Activation::gelu},
        {"gelu_python", Activation::gelu},
        {"gelu_new", Activation::gelu_tanh},
        {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"gelu_python_tanh", Activation::gelu_tanh},
        {"gelu_fast", Activation::gelu_tanh},
        {"gelu_accurate", Activation::gelu_tanh},
        {"quick_gelu", Activation::quick_gelu},
        {"relu", Activation::relu},
        {"relu2", Activation::relu_squared},
        {"relu_squared", Activation::relu_squared},
        {"relu6", Activation::relu6},
        {"leaky_relu", Activation::leaky_relu},
        {"gelu_10", Activation::gelu_10},
        {"hardswish", Activation::hardswish},
        {"mish", Activation::mish},
        {"laplace", Activation::laplace},
        {"sqrtsoftplus", Activation::sqrt_softplus},
        {"tanh", Activation::tanh},
        {"sigmoid", Activation::sigmoid},
        {"linear", Activation::linear},
    }};
    for (const auto& [text, activation] : names) {
        if (text == name) {
            return activation;
        }
    }
    return std::nullopt;
}

}  // namespace tandem
