#include "engine/nn/rope.h"

#include <algorithm>
#include <cmath>

namespace tandem {

Rope::Rope(RopeSettings settings) : settings_(std::move(settings)), frequencies_(rope_frequencies(settings_, 0)) {}

Rotation Rope::next(const KvCache& cache, std::int64_t tokens, at::Device device) const {
    const std::int64_t first = cache.length();
    if (!settings_.depends_on_length()) {
        return at_length(first, tokens, first + tokens, device, cache.starts());
    }
    const std::int64_t prompt = cache.prompt(tokens);
    if (!cache.counts_each() || first < prompt || tokens == 1) {
        return at_length(first, tokens, std::max(first + tokens, prompt), device, cache.starts());
    }
    std::vector<at::Tensor> cosines;
    std::vector<at::Tensor> sines;
    for (std::int64_t place = first; place < first + tokens; ++place) {
        const Rotation one = at_length(place, 1, place + 1, device, cache.starts());
        cosines.push_back(one.cosines);
        sines.push_back(one.sines);
    }
    return {at::cat(cosines, -2), at::cat(sines, -2)};
}

Rotation Rope::at(std::int64_t first, std::int64_t tokens, at::Device device, const at::Tensor& starts) const {
    return at_length(first, tokens, first + tokens, device, starts);
}

Rotation Rope::at_length(std::int64_t first, std::int64_t tokens, std::int64_t length, at::Device device,
                         const at::Tensor& starts) const {
    const std::vector<double> by_length =
        settings_.depends_on_length() ? rope_frequencies(settings_, length) : std::vector<double>();
    const std::vector<double>& frequencies = settings_.depends_on_length() ? by_length : frequencies_;
    const auto half = static_cast<std::int64_t>(frequencies.size());
    const at::Tensor rows = starts.defined() ? starts.to(at::kCPU, at::kLong).contiguous() : at::zeros({1}, at::kLong);
    const std::int64_t batch = rows.numel();
    at::Tensor cosines = at::empty({batch, 1, tokens, half}, at::kFloat);
    at::Tensor sines = at::empty({batch, 1, tokens, half}, at::kFloat);
    auto* cosine = cosines.mutable_data_ptr<float>();
    auto* sine = sines.mutable_data_ptr<float>();
    for (std::int64_t row = 0; row < batch; ++row) {
        const std::int64_t start = rows.const_data_ptr<std::int64_t>()[row];
        for (std::int64_t token = 0; token < tokens; ++token) {
            const std::int64_t place = first + token;
            const auto position = static_cast<double>(start > 0 && place < start ? 0 : place - start);
            for (const double frequency : frequencies) {
                const double angle = position * frequency;
                *cosine++ = static_cast<float>(std::cos(angle) * settings_.attention_factor);
                *sine++ = static_cast<float>(std::sin(angle) * settings_.attention_factor);
            }
        }
    }
    if (!starts.defined()) {
        cosines = cosines.view({tokens, half});
        sines = sines.view({tokens, half});
    }
    return {cosines.to(device), sines.to(device)};
}

at::Tensor Rotation::apply(const at::Tensor& x) const {
    if (!cosines.defined()) {
        return x;
    }
    const std::int64_t half = cosines.size(-1);
    const std::int64_t rest = x.size(-1) - 2 * half;
    const at::Tensor first = x.narrow(-1, 0, half);
    const at::Tensor second = x.narrow(-1, half, half);
    if (x.requires_grad()) {
        return at::cat(
            {first * cosines - second * sines, second * cosines + first * sines, x.narrow(-1, 2 * half, rest)}, -1);
    }
    at::Tensor rotated = at::empty_like(x);
    at::Tensor low = rotated.narrow(-1, 0, half);
    at::Tensor high = rotated.narrow(-1, half, half);
    at::mul_out(low, first, cosines).addcmul_(second, sines, -1);
    at::mul_out(high, second, cosines).addcmul_(first, sines);
    if (rest > 0) {
        rotated.narrow(-1, 2 * half, rest).copy_(x.narrow(-1, 2 * half, rest));
    }
    return rotated;
}

}  // namespace tandem
