// Feed-forward block with a gate (Shazeer 2020, SwiGLU). Thread rule: const, shared freely.
#pragma once

#include "engine/nn/weight_matrix.h"

namespace tandem {

// down(silu(gate(x)) * up(x)), f32 [..., hidden] to f32 [..., hidden].
struct SwigluMlp {
    Linear gate;  // [ffn, hidden]
    Linear up;    // [ffn, hidden]
    Linear down;  // [hidden, ffn]

    at::Tensor operator()(const at::Tensor& x) const {
        at::Tensor gated = gate(x);
        return down(at::silu_(gated).mul_(up(x)));
    }
    std::int64_t bytes() const { return gate.bytes() + up.bytes() + down.bytes(); }
};

}  // namespace tandem
