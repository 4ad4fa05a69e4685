// A matrix that stays as its file stores it: rows of blocks (or of plain f16, bf16, f32), never expanded as a whole.
// I8 has a scale for each row: number = code * scale.
// Products give f32 and use exactly the numbers of dequantise() (I8: sums of codes, scaled once). CPU only. Errors:
// exceptions of libtorch (out of memory), translated by the callers at their boundary. Thread rule: const, shared
// freely; a call uses libtorch's intra-op threads.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/kernels/instruction_set.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

struct BlockMatrix {
    TensorType type = TensorType::f32;
    std::int64_t rows = 0;
    std::int64_t columns = 0;            // whole blocks of the type
    const std::byte* data = nullptr;     // rows, one after the other
    const float* row_scales = nullptr;   // I8 only, one for each row
    std::shared_ptr<const void> keeper;  // what keeps `data` and the scales alive: a mapped file or a buffer

    std::size_t row_bytes() const;
    std::int64_t bytes() const {
        return rows * static_cast<std::int64_t>(row_bytes() + (row_scales == nullptr ? 0 : sizeof(float)));
    }
    const std::byte* row(std::int64_t index) const { return data + static_cast<std::size_t>(index) * row_bytes(); }
};

// x f32 [..., columns] times the transposed matrix: f32 [..., rows]. Few rows of x go through the row kernels, many
// through expanded tiles and a matrix product.
at::Tensor multiply(const BlockMatrix& matrix, const at::Tensor& x, InstructionSet set = best_instruction_set());

// Rows by index, expanded: ids i64 [...] in 0..rows-1 give f32 [..., columns].
at::Tensor expand_rows(const BlockMatrix& matrix, const at::Tensor& ids);

// Up to so many rows of x are multiplied by the row kernels.
inline constexpr std::int64_t most_kernel_tokens = 8;

}  // namespace tandem
