#include "engine/nn/weight_matrix.h"

#include <c10/core/GradMode.h>

namespace tandem {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

at::Tensor multiply_dense(const at::Tensor& weight, const at::Tensor& x) {
    if (weight.scalar_type() == at::kFloat) {
        return at::linear(x, weight);
    }
    return at::linear(x.to(weight.scalar_type()), weight).to(at::kFloat);
}

at::Tensor multiply_blocks(const BlockMatrix& blocks, const at::Tensor& x) {
    TORCH_CHECK(!(x.requires_grad() && c10::GradMode::is_enabled()),
                "a quantised matrix gives no gradients; train a model that is held in f32 or bf16");
    return multiply(blocks, x);
}

}  // namespace

bool WeightMatrix::is_empty() const {
    return std::visit(Overloaded{[](const at::Tensor& dense) { return !dense.defined(); },
                                 [](const BlockMatrix& blocks) { return blocks.data == nullptr; }},
                      weights_);
}

std::int64_t WeightMatrix::rows() const {
    return std::visit(Overloaded{[](const at::Tensor& dense) { return dense.size(0); },
                                 [](const BlockMatrix& blocks) { return blocks.rows; }},
                      weights_);
}

std::int64_t WeightMatrix::columns() const {
    return std::visit(Overloaded{[](const at::Tensor& dense) { return dense.size(1); },
                                 [](const BlockMatrix& blocks) { return blocks.columns; }},
                      weights_);
}

std::int64_t WeightMatrix::bytes() const {
    const std::int64_t own = std::visit(
        Overloaded{
            [](const at::Tensor& dense) { return dense.is_meta() ? 0 : static_cast<std::int64_t>(dense.nbytes()); },
            [](const BlockMatrix& blocks) { return blocks.bytes(); }},
        weights_);
    return added_ ? own + static_cast<std::int64_t>(added_->left.nbytes() + added_->right.nbytes()) : own;
}

WeightMatrix WeightMatrix::with(LowRank added) const {
    TORCH_CHECK(added.left.size(0) == rows() && added.right.size(1) == columns(), "what is added has another shape");
    WeightMatrix result = *this;
    result.added_ = std::move(added);
    return result;
}

at::Tensor WeightMatrix::dense() const {
    const at::Tensor own = std::visit(
        Overloaded{[](const at::Tensor& dense) { return dense; },
                   [](const BlockMatrix& blocks) { return expand_rows(blocks, at::arange(blocks.rows, at::kLong)); }},
        weights_);
    return added_ ? own.to(at::kFloat).addmm(added_->left, added_->right, 1, added_->scale) : own;
}

WeightMatrix WeightMatrix::part(std::int64_t first, std::int64_t count) const {
    TORCH_CHECK(first >= 0 && count >= 0 && first + count <= rows(), "a matrix of ", rows(), " rows has no rows ",
                first, " to ", first + count);
    WeightMatrix some =
        std::visit(Overloaded{[&](const at::Tensor& dense) { return WeightMatrix(dense.narrow(0, first, count)); },
                              [&](const BlockMatrix& blocks) {
                                  BlockMatrix rows = blocks;
                                  rows.rows = count;
                                  rows.data = blocks.row(first);
                                  return WeightMatrix(std::move(rows));
                              }},
                   weights_);
    return added_ ? some.with({added_->left.narrow(0, first, count), added_->right, added_->scale}) : some;
}

at::Tensor WeightMatrix::multiply(const at::Tensor& x) const {
    at::Tensor y = std::visit(Overloaded{[&](const at::Tensor& dense) { return multiply_dense(dense, x); },
                                         [&](const BlockMatrix& blocks) { return multiply_blocks(blocks, x); }},
                              weights_);
    return added_ ? y.add_(at::linear(at::linear(x, added_->right), added_->left), added_->scale) : y;
}

at::Tensor WeightMatrix::rows_at(const at::Tensor& ids) const {
    const at::Tensor own =
        std::visit(Overloaded{[&](const at::Tensor& dense) { return at::embedding(dense, ids).to(at::kFloat); },
                              [&](const BlockMatrix& blocks) { return expand_rows(blocks, ids); }},
                   weights_);
    return added_ ? own.add(at::matmul(at::embedding(added_->left, ids), added_->right), added_->scale) : own;
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
    at::Tensor y = weight.multiply(x);
    if (bias.defined()) {
        y.add_(bias);
    }
    return y;
}

Linear Linear::part(std::int64_t first, std::int64_t count) const {
    return {weight.part(first, count), bias.defined() ? bias.narrow(0, first, count) : at::Tensor()};
}

std::int64_t Linear::bytes() const {
    return weight.bytes() + (bias.defined() ? static_cast<std::int64_t>(bias.nbytes()) : 0);
}

}  // namespace tandem
