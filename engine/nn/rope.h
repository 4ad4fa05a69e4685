// Rotary position embedding (Su et al. 2021, section 3.4) on pairs (i, i + dims / 2) of the first `dims` numbers of
// each head, as checkpoints of Hugging Face are laid out. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "engine/nn/kv_cache.h"
#include "engine/nn/rope_settings.h"

namespace tandem {

// Cosines and sines of a run of positions, computed once for all layers of a forward pass. A default one rotates
// nothing.
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
    // Frequencies that depend on the sequence's length take it to be `length`, or what these positions reach.
    Rotation at(std::int64_t first, std::int64_t tokens, at::Device device, const at::Tensor& starts = {},
                std::int64_t length = 0) const;
    // Of the next tokens of a cache, with the prompt that it expects and its padding.
    Rotation next(const KvCache& cache, std::int64_t tokens, at::Device device) const;

private:
    RopeSettings settings_;
    std::vector<double> frequencies_;  // where they do not depend on the length
};

}  // namespace tandem
