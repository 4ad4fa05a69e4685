// Inner loops: rows of stored weights times rows of f32 activations. One table row for each stored type, one table for
// each instruction set; a faster loop replaces one entry. No torch. Every loop multiplies with exactly the numbers that
// dequantise() gives and adds in f32, so tables differ only by rounding of the sums; rows of I8 are summed as codes and
// scaled once. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/kernels/instruction_set.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

// A tile of work: `rows` rows of weights, `row_bytes` apart, by `tokens` rows of activations, `x_stride` numbers apart.
struct RowTile {
    const std::byte* weights = nullptr;
    std::size_t row_bytes = 0;
    std::int64_t rows = 0;
    std::int64_t columns = 0;  // whole blocks of the type
    const float* x = nullptr;  // [tokens, columns]
    std::int64_t x_stride = 0;
    std::int64_t tokens = 0;
    const float* row_scales = nullptr;  // I8 only: what the sum of each row is multiplied with
    float* out = nullptr;               // [tokens, rows]
    std::int64_t out_stride = 0;
};

using RowKernel = void (*)(const RowTile& tile);

// Null for types that are not numbers to compute with. An instruction set without a loop of its own for a type uses
// the portable one.
RowKernel row_kernel(TensorType type, InstructionSet set);

}  // namespace tandem
