#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "engine/tensor/tensor_type.h"

namespace tandem {
namespace {

// What the bits say by the definition of IEEE 754 binary16.
double by_definition(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int mantissa = bits & 1023;
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}

TEST(Half, every_half_widens_exactly_and_narrows_back) {
    for (std::uint32_t i = 0; i < 65536; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const float wide = f16_to_f32(bits);
        if ((bits & 0x7C00) != 0x7C00) {
            ASSERT_EQ(static_cast<double>(wide), by_definition(bits)) << i;
            ASSERT_EQ(std::signbit(wide), (bits & 0x8000) != 0) << i;
        } else if ((bits & 0x03FF) == 0) {
            ASSERT_TRUE(std::isinf(wide)) << i;
        } else {
            ASSERT_TRUE(std::isnan(wide)) << i;
            ASSERT_TRUE(std::isnan(f16_to_f32(f32_to_f16(wide)))) << i;
            continue;
        }
        ASSERT_EQ(f32_to_f16(wide), bits) << i;
    }
}

TEST(Half, halfway_values_go_to_the_even_neighbour) {
    for (std::uint32_t i = 0; i < 0x7BFF; ++i) {
        const auto low = static_cast<std::uint16_t>(i);
        const double middle = (by_definition(low) + by_definition(static_cast<std::uint16_t>(i + 1))) / 2;
        const auto wide = static_cast<float>(middle);  // exact: one more bit than a half
        const auto even = static_cast<std::uint16_t>(i % 2 == 0 ? i : i + 1);
        ASSERT_EQ(f32_to_f16(wide), even) << i;
        ASSERT_EQ(f32_to_f16(std::nextafterf(wide, 0)), low) << i;
        ASSERT_EQ(f32_to_f16(std::nextafterf(wide, 1e9F)), low + 1) << i;
    }
    EXPECT_EQ(f32_to_f16(65519.996F), 0x7BFF);
    EXPECT_EQ(f32_to_f16(65520.0F), 0x7C00);
    EXPECT_EQ(f32_to_f16(-std::numeric_limits<float>::max()), 0xFC00);
    EXPECT_EQ(f32_to_f16(-1e-45F), 0x8000);
}

}  // namespace
}  // namespace tandem
