// Feed-forward blocks. Thread rule: const, shared freely.
#pragma once

#include "engine/nn/activation.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

// The function of x, which may be overwritten.
at::Tensor activate(Activation activation, at::Tensor x);

// cap * tanh(x / cap), which may overwrite x; cap 0: x (Gemma 2's logits).
at::Tensor soft_cap(at::Tensor x, double cap);

// down(f(up(x))) (Vaswani et al. 2017, equation 2), f32 [..., hidden] to f32 [..., hidden].
struct Mlp {
    Linear up;    // [ffn, hidden]
    Linear down;  // [hidden, ffn]
    Activation activation = Activation::gelu;

    at::Tensor operator()(const at::Tensor& x) const { return down(activate(activation, up(x))); }
};

// down(f(gate(x)) * up(x)) (Shazeer 2020), f32 [..., hidden] to f32 [..., hidden].
struct GatedMlp {
    Linear gate;  // [ffn, hidden]
    Linear up;    // [ffn, hidden]
    Linear down;  // [hidden, ffn]
    Activation activation = Activation::silu;

    at::Tensor operator()(const at::Tensor& x) const { return down(activate(activation, gate(x)).mul_(up(x))); }
};

// GatedMlp whose gate and up lie in one matrix, the gate's rows first.
struct PackedGatedMlp {
    Linear gate_and_up;  // [2 * ffn, hidden]
    Linear down;         // [hidden, ffn]
    Activation activation = Activation::silu;

    at::Tensor operator()(const at::Tensor& x) const {
        const at::Tensor both = gate_and_up(x);
        const std::int64_t ffn = both.size(-1) / 2;
        return down(activate(activation, both.narrow(-1, 0, ffn)).mul_(both.narrow(-1, ffn, ffn)));
    }
};

}  // namespace tandem
