#include "engine/nn/rope.h"

#include <cmath>
#include <numbers>

namespace tandem {
namespace {

// Between low_freq_factor and high_freq_factor turns over the original context, a weighted mean of both.
double llama3_frequency(double frequency, const RopeScaling& scaling) {
    const double turns = scaling.original_context * frequency / (2 * std::numbers::pi);
    if (turns < scaling.low_freq_factor) {
        return frequency / scaling.factor;
    }
    if (turns > scaling.high_freq_factor) {
        return frequency;
    }
    const double keep = (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
    return (1 - keep) * frequency / scaling.factor + keep * frequency;
}

double scaled(double frequency, std::size_t index, const RopeScaling& scaling) {
    switch (scaling.kind) {
        case RopeScaling::Kind::none:
            return frequency;
        case RopeScaling::Kind::linear:
            return frequency / scaling.factor;
        case RopeScaling::Kind::llama3:
            return llama3_frequency(frequency, scaling);
        case RopeScaling::Kind::factors:
            return frequency / scaling.factors[index];
    }
    return frequency;
}

}  // namespace

Rope::Rope(std::int64_t head_dim, double theta, const RopeScaling& scaling) {
    for (std::int64_t i = 0; i < head_dim / 2; ++i) {
        const double frequency = std::pow(theta, -2 * static_cast<double>(i) / static_cast<double>(head_dim));
        frequencies_.push_back(scaled(frequency, static_cast<std::size_t>(i), scaling));
    }
}

Rotation Rope::at(std::int64_t first, std::int64_t tokens, at::Device device) const {
    const auto half = static_cast<std::int64_t>(frequencies_.size());
    at::Tensor cosines = at::empty({tokens, half}, at::kFloat);
    at::Tensor sines = at::empty({tokens, half}, at::kFloat);
    auto* cosine = cosines.mutable_data_ptr<float>();
    auto* sine = sines.mutable_data_ptr<float>();
    for (std::int64_t token = 0; token < tokens; ++token) {
        for (const double frequency : frequencies_) {
            const double angle = static_cast<double>(first + token) * frequency;
            *cosine++ = static_cast<float>(std::cos(angle));
            *sine++ = static_cast<float>(std::sin(angle));
        }
    }
    return {cosines.to(device), sines.to(device)};
}

at::Tensor Rotation::apply(const at::Tensor& x) const {
    const auto halves = x.chunk(2, -1);
    at::Tensor rotated = at::empty_like(x);
    at::Tensor low = rotated.narrow(-1, 0, x.size(-1) / 2);
    at::Tensor high = rotated.narrow(-1, x.size(-1) / 2, x.size(-1) / 2);
    at::mul_out(low, halves[0], cosines).addcmul_(halves[1], sines, -1);
    at::mul_out(high, halves[1], cosines).addcmul_(halves[0], sines);
    return rotated;
}

}  // namespace tandem
