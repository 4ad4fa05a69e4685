// Expanded and packed blocks, bit for bit those of gguf-py 0.19.0 (tests/data/make_quant_fixtures.py).
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <vector>

#include "engine/tensor/tensor_type.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

std::vector<std::byte> read_fixture(const std::string& name) {
    const std::string text = test::read_file(TANDEM_SOURCE_DIR "/tests/data/quants/" + name);
    const auto* at = reinterpret_cast<const std::byte*>(text.data());
    return {at, at + text.size()};
}

std::vector<float> as_floats(const std::vector<std::byte>& bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

// Equal to the last bit; number-less values need only be number-less, as their payload is not defined.
void expect_same(const std::vector<float>& found, const std::vector<float>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (std::isnan(expected[i])) {
            EXPECT_TRUE(std::isnan(found[i])) << "element " << i;
        } else {
            ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i]))
                << "element " << i << ": " << found[i] << " for " << expected[i];
        }
    }
}

class Dequantise : public testing::TestWithParam<TensorType> {};

TEST_P(Dequantise, equals_the_reference_bit_for_bit) {
    const std::string name(tensor_type_info(GetParam()).name);
    const auto blocks = read_fixture(name + ".blocks");
    const auto expected = as_floats(read_fixture(name + ".f32"));
    ASSERT_FALSE(expected.empty());
    std::vector<float> found(expected.size());
    ASSERT_TRUE(dequantise(GetParam(), blocks, found).ok());
    expect_same(found, expected);
}

TEST_P(Dequantise, needs_no_aligned_bytes) {
    const std::string name(tensor_type_info(GetParam()).name);
    auto blocks = read_fixture(name + ".blocks");
    const auto expected = as_floats(read_fixture(name + ".f32"));
    blocks.insert(blocks.begin(), std::byte{0});
    std::vector<float> found(expected.size());
    ASSERT_TRUE(dequantise(GetParam(), std::span(blocks).subspan(1), found).ok());
    expect_same(found, expected);
}

INSTANTIATE_TEST_SUITE_P(AllTypes, Dequantise,
                         testing::Values(TensorType::f16, TensorType::bf16, TensorType::q4_0, TensorType::q4_1,
                                         TensorType::q5_0, TensorType::q5_1, TensorType::q8_0, TensorType::q4_k,
                                         TensorType::q5_k, TensorType::q6_k, TensorType::q2_k, TensorType::q3_k,
                                         TensorType::iq4_nl, TensorType::iq4_xs, TensorType::tq1_0, TensorType::tq2_0),
                         [](const auto& type) { return std::string(tensor_type_info(type.param).name); });

TEST(DequantisePlain, floats_are_copied_and_doubles_rounded) {
    const std::vector<float> floats{1.5F, -0.0F, 1e-45F};
    std::vector<float> found(3);
    ASSERT_TRUE(dequantise(TensorType::f32, std::as_bytes(std::span(floats)), found).ok());
    expect_same(found, floats);
    const std::vector<double> doubles{0.1, 1e300, -2.0};
    ASSERT_TRUE(dequantise(TensorType::f64, std::as_bytes(std::span(doubles)), found).ok());
    expect_same(found, {0.1F, std::numeric_limits<float>::infinity(), -2.0F});
}

TEST(DequantiseRefusal, sizes_that_disagree_and_types_without_numbers) {
    std::vector<std::byte> blocks(36);
    std::vector<float> out(64);
    EXPECT_TRUE(dequantise(TensorType::q4_0, blocks, out).ok());
    EXPECT_EQ(dequantise(TensorType::q4_0, blocks, std::span(out).first(63)).error().code, "TENSOR_SIZE");
    EXPECT_EQ(dequantise(TensorType::q4_0, std::span(blocks).first(35), out).error().code, "TENSOR_SIZE");
    EXPECT_EQ(dequantise(TensorType::i32, blocks, std::span(out).first(9)).error().code, "TENSOR_TYPE");
    EXPECT_TRUE(dequantise(TensorType::q6_k, {}, {}).ok());
}

TEST(Quantise, equals_the_reference_bit_for_bit) {
    for (const TensorType type :
         {TensorType::q4_0, TensorType::q4_1, TensorType::q5_0, TensorType::q5_1, TensorType::q8_0}) {
        const std::string name(tensor_type_info(type).name);
        const auto values = as_floats(read_fixture("pack_" + name + ".f32"));
        const auto expected = read_fixture("pack_" + name + ".blocks");
        ASSERT_FALSE(values.empty());
        std::vector<std::byte> found(expected.size());
        ASSERT_TRUE(quantise(type, values, found).ok());
        const auto size = static_cast<std::size_t>(tensor_type_info(type).block_bytes);
        for (std::size_t i = 0; i < found.size(); ++i) {
            ASSERT_EQ(found[i], expected[i]) << name << ": block " << i / size << ", byte " << i % size;
        }
    }
}

TEST(Quantise, values_that_are_no_numbers_give_defined_codes) {
    std::vector<float> values(32, std::numeric_limits<float>::quiet_NaN());
    values[3] = std::numeric_limits<float>::infinity();
    values[4] = -std::numeric_limits<float>::infinity();
    values[5] = 1e-45F;
    std::vector<std::byte> blocks(34);
    EXPECT_TRUE(quantise(TensorType::q8_0, values, blocks).ok());
    EXPECT_TRUE(quantise(TensorType::q4_0, values, std::span(blocks).first(18)).ok());
}

TEST(Quantise, refuses_other_types_and_sizes) {
    const std::vector<float> values(32);
    std::vector<std::byte> blocks(20);
    EXPECT_EQ(quantise(TensorType::iq4_nl, values, blocks).error().code, "TENSOR_TYPE");
    EXPECT_EQ(quantise(TensorType::q4_0, values, blocks).error().code, "TENSOR_SIZE");
}

}  // namespace
}  // namespace tandem
