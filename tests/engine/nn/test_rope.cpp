// Rotary embedding against the formula and against frequencies computed by hand from the published scalings.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace tandem {
namespace {

TEST(Rope, frequencies_are_powers_of_theta) {
    const auto frequencies = rope_frequencies({.dims = 8, .theta = 10000}, 0);
    ASSERT_EQ(frequencies.size(), 4U);
    EXPECT_DOUBLE_EQ(frequencies[0], 1);
    EXPECT_NEAR(frequencies[1], 0.1, 1e-15);
    EXPECT_NEAR(frequencies[2], 0.01, 1e-16);
    EXPECT_NEAR(frequencies[3], 0.001, 1e-17);
}

TEST(Rope, linear_scaling_divides_every_frequency) {
    const auto frequencies =
        rope_frequencies({.dims = 4, .theta = 100, .kind = RopeSettings::Kind::linear, .factor = 4}, 0);
    EXPECT_DOUBLE_EQ(frequencies[0], 0.25);
    EXPECT_DOUBLE_EQ(frequencies[1], 0.025);
}

// Llama 3.2: factor 32, bands at 1 and 4 turns of 8192 positions.
TEST(Rope, llama3_keeps_short_waves_divides_long_ones_and_blends_between) {
    const auto frequencies = rope_frequencies({.dims = 64,
                                               .theta = 500000,
                                               .kind = RopeSettings::Kind::llama3,
                                               .factor = 32,
                                               .original_context = 8192,
                                               .low_freq_factor = 1,
                                               .high_freq_factor = 4},
                                              0);
    const auto plain = [](int i) { return std::pow(500000.0, -i / 32.0); };
    EXPECT_DOUBLE_EQ(frequencies[0], 1);
    EXPECT_NEAR(frequencies[14], plain(14), 1e-12);       // 4.19 turns
    EXPECT_NEAR(frequencies[18], plain(18) / 32, 1e-12);  // 0.81 turns
    const double turns = 8192 * plain(16) / (2 * M_PI);   // 1.84
    const double keep = (turns - 1) / 3;
    EXPECT_NEAR(frequencies[16], plain(16) * (keep + (1 - keep) / 32), 1e-12);
}

TEST(Rope, factors_divide_each_its_own_frequency_and_others_beyond_the_original_context) {
    const RopeSettings settings{.dims = 4,
                                .theta = 100,
                                .kind = RopeSettings::Kind::longrope,
                                .original_context = 16,
                                .short_factors = {1, 8},
                                .long_factors = {2, 4}};
    EXPECT_DOUBLE_EQ(rope_frequencies(settings, 16)[0], 1);
    EXPECT_DOUBLE_EQ(rope_frequencies(settings, 16)[1], 0.1 / 8);
    EXPECT_DOUBLE_EQ(rope_frequencies(settings, 17)[0], 0.5);
    EXPECT_DOUBLE_EQ(rope_frequencies(settings, 17)[1], 0.1 / 4);
}

TEST(Rope, a_part_of_each_head_turns_and_the_rest_stays) {
    const Rope rope({.dims = 2, .theta = 100});
    const at::Tensor x = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({1, 1, 1, 4});
    const at::Tensor rotated = rope.at(5, 1, at::kCPU).apply(x);
    EXPECT_NEAR(rotated[0][0][0][0].item<double>(), std::cos(5.0) - 2 * std::sin(5.0), 1e-6);
    EXPECT_EQ(rotated[0][0][0][2].item<float>(), 3);
    EXPECT_EQ(rotated[0][0][0][3].item<float>(), 4);
}

TEST(Rope, padded_rows_count_their_own_positions) {
    const Rope rope({.dims = 4, .theta = 100});
    const Rotation padded = rope.at(3, 2, at::kCPU, at::tensor({0, 4}, at::kLong));
    EXPECT_TRUE(padded.cosines[0][0].equal(rope.at(3, 2, at::kCPU).cosines));
    EXPECT_TRUE(padded.sines[1][0].equal(rope.at(0, 2, at::kCPU).sines.narrow(0, 0, 1).expand({2, 2})));
}

TEST(Rope, pairs_of_halves_turn_by_position_times_frequency) {
    const Rope rope({.dims = 4, .theta = 100});
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
    const RopeSettings settings{.dims = 64, .theta = 10000};
    const Rope rope(settings);
    const Rotation far = rope.at(1000003, 1, at::kCPU);
    EXPECT_EQ(far.cosines[0][0].item<float>(), static_cast<float>(std::cos(1000003.0)));
    EXPECT_EQ(far.sines[0][31].item<float>(),
              static_cast<float>(std::sin(1000003.0 * rope_frequencies(settings, 0)[31])));
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
