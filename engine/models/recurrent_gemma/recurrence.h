// Griffin's recurrent block (De et al. 2024, sections 2.3 and 2.4): a short convolution, then a linear recurrence whose
// decay and input are gated. Thread rule: const, shared freely; a cache belongs to one generation.
#pragma once

#include "engine/models/weights.h"
#include "engine/nn/kv_cache.h"
#include "engine/nn/mlp.h"

namespace tandem::recurrent_gemma {

struct RecurrentBlock {
    Linear gate;                 // linear_y [width, hidden]
    Linear input;                // linear_x [width, hidden]
    Linear output;               // linear_out [hidden, width]
    at::Tensor filter;           // [width, 1, positions]: each number's own
    at::Tensor filter_bias;      // [width]
    at::Tensor decay;            // [width]: recurrent_param
    at::Tensor input_gate;       // [heads, width / heads, width / heads]
    at::Tensor input_gate_bias;  // [heads, width / heads]
    at::Tensor decay_gate;       // the same
    at::Tensor decay_gate_bias;  // the same
    Activation activation = Activation::gelu_tanh;

    // x f32 [batch, tokens, hidden] to the same, behind what the cache's layer keeps: state 0 is the recurrence
    // [batch, width], state 1 the inputs before these [batch, width, positions - 1].
    at::Tensor operator()(const at::Tensor& x, std::int64_t layer, KvCache& cache) const;

private:
    at::Tensor convolve(const at::Tensor& x, std::int64_t layer, KvCache& cache) const;
    at::Tensor recur(const at::Tensor& x, const at::Tensor& is_first, at::Tensor& state) const;
};

RecurrentBlock take_recurrent_block(Weights& weights, const std::string& name, Activation activation);

}  // namespace tandem::recurrent_gemma
