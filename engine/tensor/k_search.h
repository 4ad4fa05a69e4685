// The choice of scales and codes for a super-block of groups, least squared error. Two kinds:
//   with offset  x = d * scale[g] * code - dmin * minimum[g], codes 0..top_code, scales and minima 0..top_scale
//   symmetric    x = d * scale[g] * (code - half), codes 0..2*half-1, scales -top_scale..top_scale-1
// Everything is judged with d and dmin as a half holds them and products rounded as dequantise() rounds them. Values
// that are no finite numbers give some codes, never undefined behaviour. Thread rule: stateless.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tandem::blocks {

template <std::size_t groups, std::size_t size>
struct OffsetFit {
    std::uint16_t d = 0;  // halves
    std::uint16_t dmin = 0;
    std::array<std::uint8_t, groups> scale{};
    std::array<std::uint8_t, groups> minimum{};
    std::array<std::uint8_t, groups * size> codes{};
};

template <std::size_t groups, std::size_t size>
struct SymmetricFit {
    std::uint16_t d = 0;
    std::array<std::int8_t, groups> scale{};
    std::array<std::uint8_t, groups * size> codes{};
};

// There are <8, 32> and <16, 16>.
template <std::size_t groups, std::size_t size>
OffsetFit<groups, size> fit_with_offset(const float* values, int top_code, int top_scale);

// There is <16, 16>.
template <std::size_t groups, std::size_t size>
SymmetricFit<groups, size> fit_symmetric(const float* values, int half, int top_scale);

}  // namespace tandem::blocks
