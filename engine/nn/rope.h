// Rotary position embedding (Su et al. 2021, section 3.4) on pairs (i, i + dims / 2) of the first `dims` numbers of
// each head, as checkpoints of Hugging Face are laid out. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "engine/nn/rope_settings.h"

namespace tandem {

// Cosines and sines of a run of positions, computed once for all layers of a forward pass.
struct Rotation {
    at::Tensor cosines;  // f32 [tokens, dims / 2], or [batch, 1, tokens, dims / 2] where rows have their own positions
    at::Tensor sines;    // the same

    // x f32 [batch, heads, tokens, head_dim], its first `dims` numbers rotated.
    at::Tensor apply(const at::Tensor& x) const;
};

class Rope {
public:
    Rope() = default;
    explicit Rope(RopeSettings settings);

    const RopeSettings& settings() const { return settings_; }

    // Positions first ... first + tokens - 1, less `starts` i64 [batch] of each row where it is defined (padding on
    // the left has position 0); angles in f64, cosines and sines rounded to f32.
    Rotation at(std::int64_t first, std::int64_t tokens, at::Device device, const at::Tensor& starts = {}) const;
    // The same as part of a sequence of `length` positions, where scaling depends on it; `first` may be negative.
    Rotation at_length(std::int64_t first, std::int64_t tokens, std::int64_t length, at::Device device,
                       const at::Tensor& starts = {}) const;

private:
    RopeSettings settings_;
    std::vector<double> frequencies_;  // where they do not depend on the length
};

}  // namespace tandem
