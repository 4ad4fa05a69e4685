// Makes a matrix from rows of f32 that exist one at a time, so that a model is never held twice.
// Errors: exceptions of libtorch (out of memory), translated where models are loaded. Thread rule: the rows are asked
// for from libtorch's intra-op threads, each once, in no order.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/models/weight_format.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

// Writes the numbers of one row.
using RowWriter = std::function<void(std::int64_t row, std::span<float> out)>;

// Block formats are q8_0 and q4_0, with columns a multiple of 32, and plain f16 and bf16, on the CPU.
WeightMatrix fill_matrix(std::int64_t rows, std::int64_t columns, const WeightFormat& format, at::Device device,
                         const RowWriter& write_row);

// Rows of blocks copied in another order: row r is the file's row source(r).
WeightMatrix reorder_rows(const BlockMatrix& stored, const std::function<std::int64_t(std::int64_t)>& source);

}  // namespace tandem
