// The weights of a linear layer or an embedding, [out, in], in the format they are held in: a dense tensor, or a
// file's blocks. Errors: exceptions of libtorch, translated by the callers at their boundary.
// Thread rule: const, shared freely; copies share the numbers.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <variant>

#include "engine/kernels/block_matrix.h"

namespace tandem {

// What an adapter adds to a matrix: scale times left times right (Hu et al. 2022, section 4.1), f32.
struct LowRank {
    at::Tensor left;   // [rows, rank]
    at::Tensor right;  // [rank, columns]
    double scale = 1;
};

class WeightMatrix {
public:
    WeightMatrix() = default;
    explicit WeightMatrix(at::Tensor dense) : weights_(std::move(dense)) {}
    explicit WeightMatrix(BlockMatrix blocks) : weights_(std::move(blocks)) {}

    // A default one, without numbers.
    bool is_empty() const;
    std::int64_t rows() const;
    std::int64_t columns() const;
    std::int64_t bytes() const;

    // All numbers as one tensor [rows, columns]: where they lie, or blocks, and what is added to, expanded to f32.
    at::Tensor dense() const;
    // The same numbers with something added whenever they are used; the numbers themselves stay as they are.
    WeightMatrix with(LowRank added) const;
    // Some of the rows, where they lie: nothing is copied.
    WeightMatrix part(std::int64_t first, std::int64_t count) const;

    // x f32 [..., columns] times the transposed matrix: f32 [..., rows]. A dense bf16 or f16 matrix multiplies in its
    // own type (x is rounded to it), blocks and f32 in f32.
    at::Tensor multiply(const at::Tensor& x) const;

    // Rows by index: ids i64 [...] give f32 [..., columns].
    at::Tensor rows_at(const at::Tensor& ids) const;

private:
    std::variant<at::Tensor, BlockMatrix> weights_;
    std::optional<LowRank> added_;
};

// y = x W^T + b, f32 [..., in] to f32 [..., out].
struct Linear {
    WeightMatrix weight;
    at::Tensor bias;  // f32 [out]; undefined: none

    at::Tensor operator()(const at::Tensor& x) const;
    bool is_empty() const { return weight.is_empty(); }
    // The product that gives outputs first ... first + count - 1 alone, of the same numbers: one of several that a
    // checkpoint keeps in one matrix.
    Linear part(std::int64_t first, std::int64_t count) const;
    std::int64_t bytes() const;
};

}  // namespace tandem
