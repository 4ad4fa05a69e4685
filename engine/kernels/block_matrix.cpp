#include "engine/kernels/block_matrix.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "engine/kernels/row_kernels.h"

namespace tandem {
namespace {

constexpr std::int64_t tile_numbers = 1 << 20;   // 4 MiB of expanded weights at a time
constexpr std::int64_t grain_numbers = 1 << 15;  // below this a thread costs more than it saves

std::int64_t rows_for(std::int64_t numbers, std::int64_t columns) {
    return std::max<std::int64_t>(1, numbers / std::max<std::int64_t>(1, columns));
}

// Types and sizes were checked when the matrix was made, so dequantise() cannot refuse.
void expand(const BlockMatrix& matrix, std::int64_t row, float* out) {
    if (matrix.type == TensorType::i8) {
        const auto* codes = reinterpret_cast<const std::int8_t*>(matrix.row(row));
        for (std::int64_t i = 0; i < matrix.columns; ++i) {
            out[i] = matrix.row_scales[row] * static_cast<float>(codes[i]);
        }
        return;
    }
    dequantise(matrix.type, {matrix.row(row), matrix.row_bytes()}, {out, static_cast<std::size_t>(matrix.columns)})
        .value();
}

void multiply_by_rows(const BlockMatrix& matrix, const at::Tensor& x, at::Tensor& out, InstructionSet set) {
    const RowKernel kernel = row_kernel(matrix.type, set);
    const RowTile whole{.weights = matrix.data,
                        .row_bytes = matrix.row_bytes(),
                        .rows = matrix.rows,
                        .columns = matrix.columns,
                        .x = x.const_data_ptr<float>(),
                        .x_stride = matrix.columns,
                        .tokens = x.size(0),
                        .row_scales = matrix.row_scales,
                        .out = out.mutable_data_ptr<float>(),
                        .out_stride = matrix.rows};
    at::parallel_for(0, matrix.rows, rows_for(grain_numbers, matrix.columns),
                     [&](std::int64_t begin, std::int64_t end) {
                         RowTile part = whole;
                         part.weights = matrix.row(begin);
                         part.rows = end - begin;
                         part.out += begin;
                         part.row_scales += matrix.row_scales == nullptr ? 0 : begin;
                         kernel(part);
                     });
}

void multiply_by_tiles(const BlockMatrix& matrix, const at::Tensor& x, at::Tensor& out) {
    const std::int64_t tile_rows = std::min(matrix.rows, rows_for(tile_numbers, matrix.columns));
    const at::Tensor expanded = at::empty({tile_rows, matrix.columns}, x.options());
    auto* numbers = expanded.mutable_data_ptr<float>();
    for (std::int64_t first = 0; first < matrix.rows; first += tile_rows) {
        const std::int64_t count = std::min(tile_rows, matrix.rows - first);
        at::parallel_for(0, count, rows_for(grain_numbers, matrix.columns), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                expand(matrix, first + row, numbers + row * matrix.columns);
            }
        });
        at::Tensor part = out.narrow(1, first, count);
        at::mm_out(part, x, expanded.narrow(0, 0, count).t());
    }
}

}  // namespace

std::size_t BlockMatrix::row_bytes() const {
    const TensorTypeInfo& info = tensor_type_info(type);
    return static_cast<std::size_t>(columns / info.block_elements * info.block_bytes);
}

at::Tensor multiply(const BlockMatrix& matrix, const at::Tensor& x, InstructionSet set) {
    const at::Tensor flat = x.reshape({-1, matrix.columns}).contiguous();
    at::Tensor out = at::empty({flat.size(0), matrix.rows}, flat.options());
    if (flat.size(0) <= most_kernel_tokens) {
        multiply_by_rows(matrix, flat, out, set);
    } else {
        multiply_by_tiles(matrix, flat, out);
    }
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = matrix.rows;
    return out.view(shape);
}

at::Tensor expand_rows(const BlockMatrix& matrix, const at::Tensor& ids) {
    const at::Tensor flat = ids.reshape({-1}).contiguous();
    const auto* rows = flat.const_data_ptr<std::int64_t>();
    at::Tensor out = at::empty({flat.size(0), matrix.columns}, at::kFloat);
    auto* numbers = out.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < flat.size(0); ++i) {
        TORCH_CHECK_INDEX(rows[i] >= 0 && rows[i] < matrix.rows, "index ", rows[i], " is not in 0..", matrix.rows - 1);
        expand(matrix, rows[i], numbers + i * matrix.columns);
    }
    std::vector<std::int64_t> shape = ids.sizes().vec();
    shape.push_back(matrix.columns);
    return out.view(shape);
}

}  // namespace tandem
