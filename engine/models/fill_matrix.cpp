#include "engine/models/fill_matrix.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace tandem {
namespace {

constexpr std::int64_t grain_numbers = 1 << 15;

std::int64_t grain(std::int64_t columns) {
    return std::max<std::int64_t>(1, grain_numbers / std::max<std::int64_t>(1, columns));
}

// A buffer of bytes and the matrix over it.
struct OwnedBlocks {
    std::byte* data;
    BlockMatrix matrix;
};

OwnedBlocks make_blocks(TensorType type, std::int64_t rows, std::int64_t columns) {
    BlockMatrix matrix{.type = type, .rows = rows, .columns = columns};
    const auto buffer = std::make_shared<at::Tensor>(at::empty({matrix.bytes()}, at::kByte));
    auto* data = static_cast<std::byte*>(buffer->mutable_data_ptr());
    matrix.data = data;
    matrix.keeper = buffer;
    return {data, std::move(matrix)};
}

at::Tensor fill_dense(std::int64_t rows, std::int64_t columns, at::ScalarType type, const RowWriter& write_row) {
    at::Tensor dense = at::empty({rows, columns}, type);
    at::parallel_for(0, rows, grain(columns), [&](std::int64_t begin, std::int64_t end) {
        if (type == at::kFloat) {
            auto* numbers = dense.mutable_data_ptr<float>();
            for (std::int64_t row = begin; row < end; ++row) {
                write_row(row, {numbers + row * columns, static_cast<std::size_t>(columns)});
            }
            return;
        }
        at::Tensor wide = at::empty({1, columns}, at::kFloat);
        const std::span<float> numbers(wide.mutable_data_ptr<float>(), static_cast<std::size_t>(columns));
        for (std::int64_t row = begin; row < end; ++row) {
            write_row(row, numbers);
            dense.narrow(0, row, 1).copy_(wide);
        }
    });
    return dense;
}

void store_row(TensorType type, std::vector<float>& numbers, std::span<std::byte> out) {
    if (type != TensorType::f16 && type != TensorType::bf16) {
        quantise(type, numbers, out).value();
        return;
    }
    const auto count = static_cast<std::int64_t>(numbers.size());
    at::from_blob(out.data(), {count}, type == TensorType::f16 ? at::kHalf : at::kBFloat16)
        .copy_(at::from_blob(numbers.data(), {count}, at::kFloat));
}

BlockMatrix fill_blocks(std::int64_t rows, std::int64_t columns, TensorType type, const RowWriter& write_row) {
    OwnedBlocks blocks = make_blocks(type, rows, columns);
    const std::size_t row_bytes = blocks.matrix.row_bytes();
    at::parallel_for(0, rows, grain(columns), [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> numbers(static_cast<std::size_t>(columns));
        for (std::int64_t row = begin; row < end; ++row) {
            write_row(row, numbers);
            store_row(type, numbers, {blocks.data + static_cast<std::size_t>(row) * row_bytes, row_bytes});
        }
    });
    return std::move(blocks.matrix);
}

}  // namespace

WeightMatrix fill_matrix(std::int64_t rows, std::int64_t columns, const WeightFormat& format, at::Device device,
                         const RowWriter& write_row) {
    if (const auto* type = std::get_if<TensorType>(&format)) {
        return WeightMatrix(fill_blocks(rows, columns, *type, write_row));
    }
    return WeightMatrix(fill_dense(rows, columns, std::get<at::ScalarType>(format), write_row).to(device));
}

WeightMatrix reorder_rows(const BlockMatrix& stored, const std::function<std::int64_t(std::int64_t)>& source) {
    OwnedBlocks blocks = make_blocks(stored.type, stored.rows, stored.columns);
    const std::size_t row_bytes = stored.row_bytes();
    for (std::int64_t row = 0; row < stored.rows; ++row) {
        std::memcpy(blocks.data + static_cast<std::size_t>(row) * row_bytes, stored.row(source(row)), row_bytes);
    }
    return WeightMatrix(std::move(blocks.matrix));
}

}  // namespace tandem
