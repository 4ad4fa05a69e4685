#include "engine/nn/weight_matrix.h"

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
    return std::visit(Overloaded{[](const at::Tensor& dense) { return static_cast<std::int64_t>(dense.nbytes()); },
                                 [](const BlockMatrix& blocks) { return blocks.bytes(); }},
                      weights_);
}

at::Tensor WeightMatrix::dense() const {
    return std::visit(Overloaded{[](const at::Tensor& dense) { return dense; },
                                 [](const BlockMatrix& blocks) {
                                     return expand_rows(blocks, at::arange(blocks.rows, at::kLong));
                                 }},
                      weights_);
}

WeightMatrix WeightMatrix::part(std::int64_t first, std::int64_t count) const {
    TORCH_CHECK(first >= 0 && count >= 0 && first + count <= rows(), "a matrix of ", rows(), " rows has no rows ", first,
                " to ", first + count);
    return std::visit(Overloaded{[&](const at::Tensor& dense) { return WeightMatrix(dense.narrow(0, first, count)); },
                                 [&](const BlockMatrix& blocks) {
                                     BlockMatrix some = blocks;
                                     some.rows = count;
                                     some.data = blocks.row(first);
                                     return WeightMatrix(std::move(some));
                                 }},
                      weights_);
}

at::Tensor WeightMatrix::multiply(const at::Tensor& x) const {
    return std::visit(Overloaded{[&](const at::Tensor& dense) { return multiply_dense(dense, x); },
                                 [&](const BlockMatrix& blocks) { return tandem::multiply(blocks, x); }},
                      weights_);
}

at::Tensor WeightMatrix::rows_at(const at::Tensor& ids) const {
    return std::visit(Overloaded{[&](const at::Tensor& dense) { return at::embedding(dense, ids).to(at::kFloat); },
                                 [&](const BlockMatrix& blocks) { return expand_rows(blocks, ids); }},
                      weights_);
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
