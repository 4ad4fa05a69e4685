#include "engine/models/recurrent_gemma/recurrence.h"

namespace tandem::recurrent_gemma {
namespace {

constexpr double decay_power = 8;  // c of equation 4

// x [batch, tokens, width] by a block of each head's own: sigmoid(x W + b), the same shape.
at::Tensor gated_by_head(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor heads = x.view({x.size(0), x.size(1), weight.size(0), 1, weight.size(1)});
    return at::sigmoid(at::matmul(heads, weight).squeeze(3) + bias).view(x.sizes());
}

}  // namespace

at::Tensor RecurrentBlock::operator()(const at::Tensor& x, std::int64_t layer, KvCache& cache) const {
    const at::Tensor positions = cache.positions(x.size(1)).to(x.device());  // [1 or batch, tokens]
    const at::Tensor convolved = convolve(input(x), layer, cache);           // [batch, tokens, width]
    const at::Tensor recurred = recur(convolved, (positions == 0).unsqueeze(-1), cache.state(layer, 0));
    return output(recurred * activate(activation, gate(x)));
}

// Padding on the left is as if there were nothing: zeros, which the convolution sees before the first position too.
at::Tensor RecurrentBlock::convolve(const at::Tensor& x, std::int64_t layer, KvCache& cache) const {
    at::Tensor there = x;
    if (cache.starts().defined()) {
        const at::Tensor places = at::arange(cache.length(), cache.length() + x.size(1), cache.starts().options());
        there = x * (places.unsqueeze(0) >= cache.starts().unsqueeze(1)).unsqueeze(-1);
    }
    at::Tensor& before = cache.state(layer, 1);
    const at::Tensor all = at::cat({before, there.transpose(1, 2)}, 2);  // [batch, width, positions - 1 + tokens]
    before.copy_(all.narrow(2, all.size(2) - before.size(2), before.size(2)));
    return at::conv1d(all, filter, filter_bias, 1, at::IntArrayRef{0}, 1, filter.size(0)).transpose(1, 2).contiguous();
}

// h_t = a_t h_{t-1} + sqrt(1 - a_t^2) (i_t x_t), equations 1 to 4; a first position starts from its input alone.
at::Tensor RecurrentBlock::recur(const at::Tensor& x, const at::Tensor& is_first, at::Tensor& state) const {
    const at::Tensor log_decay =
        gated_by_head(x, decay_gate, decay_gate_bias) * at::softplus(decay) * -decay_power;  // [batch, tokens, width]
    const at::Tensor gated = x * gated_by_head(x, input_gate, input_gate_bias);
    const at::Tensor kept = at::exp(log_decay).masked_fill(is_first, 0);
    const at::Tensor added = gated * at::sqrt(1 - at::exp(2 * log_decay)).masked_fill(is_first, 1);
    at::Tensor all = at::empty_like(x);
    for (std::int64_t token = 0; token < x.size(1); ++token) {
        state.mul_(kept.select(1, token)).add_(added.select(1, token));
        all.select(1, token).copy_(state);
    }
    return all;
}

RecurrentBlock take_recurrent_block(Weights& weights, const std::string& name, Activation activation) {
    return {.gate = weights.linear(name + "linear_y"),
            .input = weights.linear(name + "linear_x"),
            .output = weights.linear(name + "linear_out"),
            .filter = weights.tensor(name + "conv_1d.weight"),
            .filter_bias = weights.tensor(name + "conv_1d.bias"),
            .decay = weights.tensor(name + "rg_lru.recurrent_param"),
            .input_gate = weights.tensor(name + "rg_lru.input_gate_weight"),
            .input_gate_bias = weights.tensor(name + "rg_lru.input_gate_bias"),
            .decay_gate = weights.tensor(name + "rg_lru.recurrent_gate_weight"),
            .decay_gate_bias = weights.tensor(name + "rg_lru.recurrent_gate_bias"),
            .activation = activation};
}

}  // namespace tandem::recurrent_gemma
