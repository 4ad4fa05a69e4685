// Products and look-ups of whole matrices of blocks against torch on the expanded numbers.
#include <gtest/gtest.h>

#include "engine/kernels/block_matrix.h"

namespace tandem {
namespace {

struct Packed {
    BlockMatrix matrix;
    at::Tensor numbers;  // f64 [rows, columns], what the blocks hold
};

Packed packed(TensorType type, std::int64_t rows, std::int64_t columns) {
    at::manual_seed(7);
    const at::Tensor source = at::randn({rows, columns});
    const auto count = static_cast<std::size_t>(source.numel());
    BlockMatrix matrix{.type = type, .rows = rows, .columns = columns};
    const auto buffer = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(matrix.bytes()));
    quantise(type, {source.const_data_ptr<float>(), count}, *buffer).value();
    matrix.data = buffer->data();
    matrix.keeper = buffer;
    at::Tensor numbers = at::empty({rows, columns});
    dequantise(type, *buffer, {numbers.mutable_data_ptr<float>(), count}).value();
    return {matrix, numbers.to(at::kDouble)};
}

double relative_error(const at::Tensor& found, const at::Tensor& exact) {
    return ((found.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

TEST(BlockMatrix, products_agree_for_one_and_many_tokens) {
    for (const TensorType type : {TensorType::q4_0, TensorType::q8_0}) {
        const Packed weights = packed(type, 301, 96);
        for (const std::int64_t tokens : {1, 2, 7, 8, 9, 33}) {
            const at::Tensor x = at::randn({2, tokens, 96});
            const at::Tensor exact = at::matmul(x.to(at::kDouble), weights.numbers.t());
            for (const InstructionSet set : {InstructionSet::portable, best_instruction_set()}) {
                const at::Tensor found = multiply(weights.matrix, x, set);
                EXPECT_EQ(found.sizes(), (std::vector<std::int64_t>{2, tokens, 301}));
                EXPECT_EQ(found.scalar_type(), at::kFloat);
                EXPECT_LT(relative_error(found, exact), 2e-6) << tokens << " tokens";
            }
        }
    }
}

TEST(BlockMatrix, more_rows_than_a_tile_holds) {
    const Packed weights = packed(TensorType::q8_0, 40001, 32);  // a tile has 2^20 / 32 = 32,768 rows
    const at::Tensor x = at::randn({9, 32});
    EXPECT_LT(relative_error(multiply(weights.matrix, x), at::matmul(x.to(at::kDouble), weights.numbers.t())), 2e-6);
}

TEST(BlockMatrix, strided_activations_are_read_as_they_are) {
    const Packed weights = packed(TensorType::q4_0, 5, 64);
    const at::Tensor x = at::randn({64, 3}).t();
    EXPECT_LT(relative_error(multiply(weights.matrix, x), at::matmul(x.to(at::kDouble), weights.numbers.t())), 2e-6);
}

TEST(BlockMatrix, rows_by_index_are_the_expanded_numbers_exactly) {
    const Packed weights = packed(TensorType::q4_0, 20, 64);
    const at::Tensor ids = at::randint(20, {2, 3}, at::kLong);
    const at::Tensor rows = expand_rows(weights.matrix, ids);
    EXPECT_TRUE(rows.to(at::kDouble).equal(weights.numbers.index({ids})));
    EXPECT_THROW((void)expand_rows(weights.matrix, at::full({1}, 20, at::kLong)), c10::IndexError);
    EXPECT_THROW((void)expand_rows(weights.matrix, at::full({1}, -1, at::kLong)), c10::IndexError);
}

TEST(BlockMatrix, signed_bytes_have_a_scale_for_each_row) {
    at::manual_seed(9);
    constexpr std::int64_t rows = 37;
    constexpr std::int64_t columns = 45;
    const at::Tensor codes = at::randint(-127, 128, {rows, columns}, at::kChar);
    const at::Tensor scales = at::rand({rows}) + 0.01;
    const at::Tensor numbers = codes.to(at::kFloat) * scales.unsqueeze(1);
    const BlockMatrix matrix{.type = TensorType::i8,
                             .rows = rows,
                             .columns = columns,
                             .data = static_cast<const std::byte*>(codes.const_data_ptr()),
                             .row_scales = scales.const_data_ptr<float>()};
    EXPECT_EQ(matrix.bytes(), rows * columns + rows * 4);
    for (const std::int64_t tokens : {1, 5, 20}) {
        const at::Tensor x = at::randn({tokens, columns});
        const at::Tensor exact = at::matmul(x.to(at::kDouble), numbers.to(at::kDouble).t());
        for (const InstructionSet set : {InstructionSet::portable, best_instruction_set()}) {
            EXPECT_LT(relative_error(multiply(matrix, x, set), exact), 2e-6) << tokens;
        }
    }
    const at::Tensor ids = at::tensor({3, 36, 0}, at::kLong);
    EXPECT_TRUE(expand_rows(matrix, ids).equal(numbers.index({ids})));
}

TEST(BlockMatrix, bytes_are_those_of_the_blocks) {
    EXPECT_EQ(packed(TensorType::q4_0, 10, 64).matrix.bytes(), 10 * 2 * 18);
    EXPECT_EQ(packed(TensorType::q8_0, 10, 64).matrix.bytes(), 10 * 2 * 34);
}

}  // namespace
}  // namespace tandem
