// Every stored type's products against dequantise() and a sum in double, on random blocks, for each instruction set.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/kernels/row_kernels.h"

namespace tandem {
namespace {

// Where the half-precision scales of a block are.
std::vector<std::size_t> scale_offsets(TensorType type) {
    switch (type) {
        case TensorType::q4_0:
        case TensorType::q5_0:
        case TensorType::q8_0:
        case TensorType::iq4_nl:
        case TensorType::iq4_xs:
            return {0};
        case TensorType::q2_k:
            return {80, 82};
        case TensorType::q3_k:
            return {108};
        case TensorType::tq1_0:
            return {52};
        case TensorType::tq2_0:
            return {64};
        case TensorType::q6_k:
            return {208};
        default:
            return {0, 2};
    }
}

// Rows of random codes with scales as trained weights have them.
std::vector<std::byte> random_rows(TensorType type, std::int64_t rows, std::int64_t columns, std::mt19937& random) {
    const TensorTypeInfo& info = tensor_type_info(type);
    const auto block_bytes = static_cast<std::size_t>(info.block_bytes);
    std::vector<std::byte> bytes(static_cast<std::size_t>(rows * columns / info.block_elements) * block_bytes);
    std::normal_distribution<float> normal(0, 0.02F);
    if (!is_quantised(type) && type != TensorType::i8) {
        for (std::size_t at = 0; at < bytes.size(); at += block_bytes) {
            const float value = normal(random);
            const double wide = value;
            const std::uint16_t half = f32_to_f16(value);
            const void* source = &value;
            if (type == TensorType::f16) {
                source = &half;
            } else if (type == TensorType::bf16) {
                source = reinterpret_cast<const std::byte*>(&value) + 2;
            } else if (type == TensorType::f64) {
                source = &wide;
            }
            std::memcpy(bytes.data() + at, source, block_bytes);
        }
        return bytes;
    }
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(random());
    }
    for (std::size_t block = 0; block < bytes.size(); block += block_bytes) {
        for (const std::size_t offset : type == TensorType::i8 ? std::vector<std::size_t>() : scale_offsets(type)) {
            const std::uint16_t scale = f32_to_f16(normal(random));
            std::memcpy(bytes.data() + block + offset, &scale, sizeof scale);
        }
    }
    return bytes;
}

struct Case {
    TensorType type;
    InstructionSet set;
};

class RowKernels : public testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        if (GetParam().set == InstructionSet::avx2 && best_instruction_set() != InstructionSet::avx2) {
            GTEST_SKIP() << "this machine has no AVX2";
        }
    }
};

void expect_products(const Case& of, std::int64_t rows, std::int64_t columns, std::int64_t tokens) {
    std::mt19937 random(static_cast<unsigned>(rows * 1000 + columns + tokens));
    const auto weights = random_rows(of.type, rows, columns, random);
    std::vector<float> numbers(static_cast<std::size_t>(rows * columns));
    ASSERT_TRUE(of.type == TensorType::i8 || dequantise(of.type, weights, numbers).ok());
    const std::int64_t x_stride = columns + 3;
    const std::int64_t out_stride = rows + 2;
    std::vector<float> x(static_cast<std::size_t>(tokens * x_stride));
    std::normal_distribution<float> normal(0, 1);
    for (float& value : x) {
        value = normal(random);
    }
    constexpr float untouched = 1e30F;
    std::vector<float> out(static_cast<std::size_t>(tokens * out_stride), untouched);
    std::vector<float> scales;
    if (of.type == TensorType::i8) {
        for (std::int64_t row = 0; row < rows; ++row) {
            scales.push_back(0.001F * static_cast<float>(row + 1));
            for (std::int64_t i = 0; i < columns; ++i) {
                const auto at = static_cast<std::size_t>(row * columns + i);
                numbers[at] = scales.back() * static_cast<float>(static_cast<std::int8_t>(weights[at]));
            }
        }
    }
    row_kernel(of.type, of.set)({.weights = weights.data(),
                                 .row_bytes = weights.size() / static_cast<std::size_t>(rows),
                                 .rows = rows,
                                 .columns = columns,
                                 .x = x.data(),
                                 .x_stride = x_stride,
                                 .tokens = tokens,
                                 .row_scales = scales.data(),
                                 .out = out.data(),
                                 .out_stride = out_stride});
    for (std::int64_t token = 0; token < tokens; ++token) {
        for (std::int64_t row = 0; row < rows; ++row) {
            double exact = 0;
            double magnitude = 0;
            for (std::int64_t i = 0; i < columns; ++i) {
                const double product = static_cast<double>(numbers[static_cast<std::size_t>(row * columns + i)]) *
                                       static_cast<double>(x[static_cast<std::size_t>(token * x_stride + i)]);
                exact += product;
                magnitude += std::fabs(product);
            }
            const auto found = static_cast<double>(out[static_cast<std::size_t>(token * out_stride + row)]);
            // A sum of n products in f32 is off by at most n * 2^-24 of their magnitudes; side by side by far less.
            EXPECT_NEAR(found, exact, magnitude * 0x1p-24 * (8 + static_cast<double>(columns) / 8))
                << "row " << row << " token " << token << " of " << rows << "x" << columns;
        }
        for (std::int64_t beyond = rows; beyond < out_stride; ++beyond) {
            EXPECT_EQ(out[static_cast<std::size_t>(token * out_stride + beyond)], untouched);
        }
    }
}

TEST_P(RowKernels, products_are_those_of_the_expanded_numbers) {
    const std::int64_t block = tensor_type_info(GetParam().type).block_elements;
    for (const std::int64_t tokens : {1, 2, 4, 5, 7}) {
        for (const std::int64_t rows : {1, 3, 17}) {
            expect_products(GetParam(), rows, block, tokens);
            expect_products(GetParam(), rows, 5 * block, tokens);
        }
    }
    expect_products(GetParam(), 2, block * (2048 / block), 1);
}

TEST_P(RowKernels, rows_of_plain_numbers_may_have_any_length) {
    if (is_quantised(GetParam().type)) {
        expect_products(GetParam(), 2, 9 * tensor_type_info(GetParam().type).block_elements, 3);
        return;
    }
    for (const std::int64_t columns : {1, 7, 31, 32, 33, 100, 257, 300}) {
        expect_products(GetParam(), 3, columns, 2);
    }
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const TensorType type :
         {TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::f64, TensorType::i8, TensorType::q4_0,
          TensorType::q4_1, TensorType::q5_0, TensorType::q5_1, TensorType::q8_0, TensorType::q4_k, TensorType::q5_k,
          TensorType::q6_k, TensorType::q2_k, TensorType::q3_k, TensorType::iq4_nl, TensorType::iq4_xs,
          TensorType::tq1_0, TensorType::tq2_0}) {
        cases.push_back({type, InstructionSet::portable});
        cases.push_back({type, InstructionSet::avx2});
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Kernels, RowKernels, testing::ValuesIn(all_cases()), [](const auto& of) {
    return std::string(tensor_type_info(of.param.type).name) +
           (of.param.set == InstructionSet::avx2 ? "_avx2" : "_portable");
});

TEST(RowKernel, integers_have_none) {
    EXPECT_EQ(row_kernel(TensorType::i32, InstructionSet::portable), nullptr);
    EXPECT_EQ(row_kernel(TensorType::boolean, InstructionSet::avx2), nullptr);
}

TEST(RowKernel, the_instruction_set_has_a_name) {
    EXPECT_EQ(instruction_set_name(InstructionSet::portable), "portable");
    EXPECT_EQ(instruction_set_name(InstructionSet::avx2), "avx2+fma");
    EXPECT_EQ(kernel_instruction_set(), instruction_set_name(best_instruction_set()));
}

}  // namespace
}  // namespace tandem
