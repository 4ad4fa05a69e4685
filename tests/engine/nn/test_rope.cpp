// Rotary embedding against the formula and against frequencies computed by hand from the published scalings.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace tandem {
namespace {

TEST(Rope, frequencies_are_powers_of_theta) {
    const Rope rope(8, 10000, {});
    ASSERT_EQ(rope.frequencies().size(), 4U);
    EXPECT_DOUBLE_EQ(rope.frequencies()[0], 1);
    EXPECT_NEAR(rope.frequencies()[1], 0.1, 1e-15);
    EXPECT_NEAR(rope.frequencies()[2], 0.01, 1e-16);
    EXPECT_NEAR(rope.frequencies()[3], 0.001, 1e-17);
}

TEST(Rope, linear_scaling_divides_every_frequency) {
    const Rope rope(4, 100, {.kind = RopeScaling::Kind::linear, .factor = 4});
    EXPECT_DOUBLE_EQ(rope.frequencies()[0], 0.25);
    EXPECT_DOUBLE_EQ(rope.frequencies()[1], 0.025);
}

// Llama 3.2: factor 32, bands at 1 and 4 turns of 8192 positions.
TEST(Rope, llama3_keeps_short_waves_divides_long_ones_and_blends_between) {
    const Rope rope(64, 500000,
                    {.kind = RopeScaling::Kind::llama3,
                     .factor = 32,
                     .low_freq_factor = 1,
                     .high_freq_factor = 4,
                     .original_context = 8192});
    const auto plain = [](int i) { return std::pow(500000.0, -i / 32.0); };
    EXPECT_DOUBLE_EQ(rope.frequencies()[0], 1);
    EXPECT_NEAR(rope.frequencies()[14], plain(14), 1e-12);       // 4.19 turns
    EXPECT_NEAR(rope.frequencies()[18], plain(18) / 32, 1e-12);  // 0.81 turns
    const double turns = 8192 * plain(16) / (2 * M_PI);          // 1.84
    const double keep = (turns - 1) / 3;
    EXPECT_NEAR(rope.frequencies()[16], plain(16) * (keep + (1 - keep) / 32), 1e-12);
}

TEST(Rope, factors_divide_each_its_own_frequency) {
    const Rope rope(4, 100, {.kind = RopeScaling::Kind::factors, .factors = {1, 8}});
    EXPECT_DOUBLE_EQ(rope.frequencies()[0], 1);
    EXPECT_DOUBLE_EQ(rope.frequencies()[1], 0.1 / 8);
}

TEST(Rope, pairs_of_halves_turn_by_position_times_frequency) {
    const Rope rope(4, 100, {});
    const at::Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({1, 1, 1, 4}).expand({1, 2, 3, 4});
    const at::Tensor rotated = rope.at(5, 3, at::kCPU).apply(x);
    for (int token = 0; token < 3; ++token) {
        for (int pair = 0; pair < 2; ++pair) {
            const double angle = (5 + token) * (pair == 0 ? 1.0 : 0.1);
            const double a = 1 + pair;
            const double b = 3 + pair;
            EXPECT_NEAR(rotated[0][1][token][pair].item<double>(), a * std::cos(angle) - b * std::sin(angle), 1e-6);
            EXPECT_NEAR(rotated[0][1][token][pair + 2].item<double>(), b * std::cos(angle) + a * std::sin(angle), 1e-6);
        }
    }
}

TEST(Rope, far_positions_keep_the_precision_of_f32) {
    const Rope rope(64, 10000, {});
    const Rotation far = rope.at(1000003, 1, at::kCPU);
    EXPECT_EQ(far.cosines[0][0].item<float>(), static_cast<float>(std::cos(1000003.0)));
    EXPECT_EQ(far.sines[0][31].item<float>(), static_cast<float>(std::sin(1000003.0 * rope.frequencies()[31])));
}

TEST(RmsNorm, divides_by_the_root_of_the_mean_square) {
    const RmsNorm norm{.weight = at::tensor({1.0F, 2.0F, -1.0F, 0.5F}), .epsilon = 0.5};
    const at::Tensor found = norm(at::tensor({1.0F, -2.0F, 3.0F, 4.0F}).view({1, 1, 4}));
    const double scale = 1 / std::sqrt(30.0 / 4 + 0.5);
    EXPECT_NEAR(found[0][0][0].item<double>(), scale, 1e-6);
    EXPECT_NEAR(found[0][0][1].item<double>(), -4 * scale, 1e-6);
    EXPECT_NEAR(found[0][0][2].item<double>(), -3 * scale, 1e-6);
    EXPECT_NEAR(found[0][0][3].item<double>(), 2 * scale, 1e-6);
}

}  // namespace
}  // namespace tandem
