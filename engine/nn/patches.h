// Pictures as a row of patches with learned positions (Dosovitskiy et al. 2021, equation 1).
// Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

// One product for each patch; what is left at the right and at the bottom is not looked at.
struct PatchEmbedding {
    at::Tensor weight;  // f32 [hidden, channels, patch_height, patch_width]
    at::Tensor bias;    // f32 [hidden]; undefined: none

    // pixels f32 [pictures, channels, height, width] to f32 [pictures, patches, hidden], row by row.
    at::Tensor operator()(const at::Tensor& pixels) const;
};

// Positions of a square of patches, f32 [side * side, hidden], for another grid: [rows * columns, hidden]. Bicubic, its
// edges repeated, pixel centres where they are; `antialias` widens the filter where the grid shrinks.
at::Tensor stretch_positions(const at::Tensor& positions, std::int64_t rows, std::int64_t columns, bool antialias);

}  // namespace tandem
