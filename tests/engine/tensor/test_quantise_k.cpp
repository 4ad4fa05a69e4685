// The K formats: what a reader gets back is near what was packed, for weights of every shape and for extremes.
#include <gtest/gtest.h>
// rapidcheck/gtest.h needs gtest before it.
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "engine/tensor/tensor_type.h"

namespace tandem {
namespace {

struct Kind {
    TensorType type;
    double noise;  // bound on the squared error of normal weights, as a share of their variance
};

// What ggml's reference quantiser leaves on normal weights, measured with tests/bench/peer_quantise.py.
const std::vector<Kind> kinds{{TensorType::q6_k, 0.000317},
                              {TensorType::q5_k, 0.001308},
                              {TensorType::q4_k, 0.005105},
                              {TensorType::q3_k, 0.02282},
                              {TensorType::q2_k, 0.08810}};

std::vector<float> there_and_back(TensorType type, const std::vector<float>& values) {
    const TensorTypeInfo& info = tensor_type_info(type);
    std::vector<std::byte> blocks(values.size() / static_cast<std::size_t>(info.block_elements) *
                                  static_cast<std::size_t>(info.block_bytes));
    quantise(type, values, blocks).value();
    std::vector<float> found(values.size());
    dequantise(type, blocks, found).value();
    return found;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    }
    return sum;
}

TEST(QuantiseK, the_error_on_normal_weights_is_within_that_of_the_reference) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> values(256 * 200);
    for (float& value : values) {
        value = normal(random);
    }
    const double power = squared_error(values, std::vector<float>(values.size(), 0));
    for (const Kind& kind : kinds) {
        EXPECT_LT(squared_error(values, there_and_back(kind.type, values)), kind.noise * power)
            << tensor_type_info(kind.type).name;
    }
}

TEST(QuantiseK, numbers_that_the_format_holds_come_back_exactly) {
    for (const Kind& kind : kinds) {
        const std::string_view name = tensor_type_info(kind.type).name;
        EXPECT_EQ(there_and_back(kind.type, std::vector<float>(256, 0)), std::vector<float>(256, 0)) << name;
        std::vector<float> three(256);
        for (std::size_t i = 0; i < 256; ++i) {
            three[i] = static_cast<float>(static_cast<int>(i % 3) - 1);
        }
        const auto found = there_and_back(kind.type, three);
        EXPECT_LT(squared_error(three, found), 256 * 1e-6) << name;
    }
}

TEST(QuantiseK, no_value_makes_undefined_codes) {
    const float infinity = std::numeric_limits<float>::infinity();
    std::mt19937 random(6);
    for (const Kind& kind : kinds) {
        for (int round = 0; round < 50; ++round) {
            std::vector<float> values(256);
            for (float& value : values) {
                value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
            }
            values[static_cast<std::size_t>(round)] = round % 2 == 0 ? infinity : std::nanf("");
            (void)there_and_back(kind.type, values);
        }
        for (const float one : {infinity, -infinity, std::nanf(""), 3e38F, 1e-45F, -1e-45F}) {
            (void)there_and_back(kind.type, std::vector<float>(256, one));
        }
    }
}

RC_GTEST_PROP(QuantiseKProperty, the_error_is_below_that_of_all_zeros, ()) {
    const auto kind = kinds[*rc::gen::inRange<std::size_t>(0, kinds.size())];
    const double scale = std::pow(10.0, *rc::gen::inRange(-4, 4));
    const int shape = *rc::gen::inRange(0, 4);
    std::mt19937 random(static_cast<unsigned>(*rc::gen::arbitrary<int>()));
    std::normal_distribution<double> normal;
    std::vector<float> values(256);
    for (std::size_t i = 0; i < 256; ++i) {
        const double x = normal(random);
        const double shaped = shape == 0 ? x : shape == 1 ? std::fabs(x) : shape == 2 ? x * x * x : x + 3;
        values[i] = static_cast<float>(scale * shaped);
    }
    const double power = squared_error(values, std::vector<float>(256, 0));
    RC_ASSERT(squared_error(values, there_and_back(kind.type, values)) < 0.2 * power);
}

}  // namespace
}  // namespace tandem
