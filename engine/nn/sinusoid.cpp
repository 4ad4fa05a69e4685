#include "engine/nn/sinusoid.h"

#include <cmath>

namespace tandem {
namespace {

// Computed in f64 and rounded once.
at::Tensor paper(std::int64_t positions, std::int64_t size) {
    const at::Tensor places = at::arange(positions, at::kDouble).unsqueeze(1);
    const at::Tensor steps = at::arange(0, size, 2, at::kDouble) / static_cast<double>(size);
    const at::Tensor angles = places / at::pow(10000.0, steps);  // [positions, (size + 1) / 2]
    return at::cat({at::sin(angles), at::cos(angles.narrow(1, 0, size / 2))}, 1).to(at::kFloat);
}

// Computed in f32, as fairseq and transformers do: far positions differ visibly from exact ones.
at::Tensor inclusive(std::int64_t positions, std::int64_t size) {
    const std::int64_t half = size / 2;
    const double step = std::log(10000.0) / static_cast<double>(half - 1);
    const at::Tensor places = at::arange(positions, at::kLong).to(at::kFloat).unsqueeze(1);
    const at::Tensor frequencies = at::exp(at::arange(half, at::kLong).to(at::kFloat) * -step).unsqueeze(0);
    const at::Tensor angles = places * frequencies;  // [positions, half]
    return at::cat({at::sin(angles), at::cos(angles), at::zeros({positions, size - 2 * half})}, 1);
}

}  // namespace

at::Tensor sinusoids(std::int64_t positions, std::int64_t size, Waves waves) {
    return waves == Waves::paper ? paper(positions, size) : inclusive(positions, size);
}

}  // namespace tandem
