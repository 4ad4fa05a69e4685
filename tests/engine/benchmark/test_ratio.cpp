#include "engine/benchmark/ratio.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "engine/benchmark/statistics.h"

namespace tandem {
namespace {

MetricSummary of(std::vector<double> samples) {
    return summarise("ms", std::move(samples));
}

TEST(Ratio, is_of_the_means_with_the_interval_of_their_logarithms) {
    const MetricSummary ratio = ratio_of("speedup", of({198, 200, 202}), of({99, 100, 101}));
    EXPECT_EQ(ratio.name, "speedup");
    EXPECT_EQ(ratio.n, 3);
    EXPECT_DOUBLE_EQ(*ratio.mean, 2);
    // Both have sd / mean = 0.01: standard error of the log 0.01 * sqrt(2 / 3), 4 degrees of freedom, t = 2.776445.
    const double half = 2.7764451 * 0.01 * std::sqrt(2.0 / 3);
    EXPECT_NEAR(*ratio.ci95_low, 2 * std::exp(-half), 1e-6);
    EXPECT_NEAR(*ratio.ci95_high, 2 * std::exp(half), 1e-6);
}

TEST(Ratio, turned_around_is_the_inverse) {
    const MetricSummary a = of({10, 12, 11, 10.5});
    const MetricSummary b = of({31, 29, 30});
    const MetricSummary ratio = ratio_of("r", a, b);
    const MetricSummary inverse = ratio_of("r", b, a);
    EXPECT_NEAR(*ratio.mean * *inverse.mean, 1, 1e-12);
    EXPECT_NEAR(*ratio.ci95_low * *inverse.ci95_high, 1, 1e-12);
    EXPECT_EQ(ratio.n, 3);
}

TEST(Ratio, covers_the_truth_about_95_times_of_100) {
    std::uint64_t state = 12345;
    const auto uniform = [&] {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<double>(state >> 11) / 9007199254740992.0;
    };
    const auto normal = [&] {
        return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::acos(-1.0) * uniform());
    };
    int covered = 0;
    constexpr int rounds = 4000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> above, below;
        for (int i = 0; i < 5; ++i) {
            above.push_back(180 * (1 + 0.03 * normal()));
            below.push_back(100 * (1 + 0.05 * normal()));
        }
        const MetricSummary ratio = ratio_of("r", of(above), of(below));
        covered += *ratio.ci95_low <= 1.8 && 1.8 <= *ratio.ci95_high ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(covered) / rounds, 0.95, 0.015);
}

TEST(Ratio, of_one_sample_or_of_a_series_has_no_interval) {
    for (const MetricSummary& below : {of({100}), summarise("ms", {100, 101, 99}, SampleKind::series)}) {
        const MetricSummary ratio = ratio_of("r", of({200, 201}), below);
        EXPECT_TRUE(ratio.mean);
        EXPECT_FALSE(ratio.ci95_low);
        EXPECT_FALSE(ratio.ci95_high);
    }
}

TEST(Ratio, of_equal_samples_has_an_interval_without_width) {
    const MetricSummary ratio = ratio_of("r", of({4, 4, 4}), of({2, 2}));
    EXPECT_DOUBLE_EQ(*ratio.ci95_low, 2);
    EXPECT_DOUBLE_EQ(*ratio.ci95_high, 2);
}

TEST(Ratio, of_nothing_or_of_zero_is_nothing) {
    for (const auto& [above, below] : {std::pair{of({}), of({1, 2})}, std::pair{of({1, 2}), of({})},
                                       std::pair{of({1, 2}), of({0, 0})}, std::pair{of({0, 0}), of({1, 2})}}) {
        const MetricSummary ratio = ratio_of("r", above, below);
        EXPECT_EQ(ratio.n, 0);
        EXPECT_FALSE(ratio.mean);
        EXPECT_FALSE(ratio.ci95_low);
    }
}

TEST(MeanRatio, is_geometric_so_that_two_and_a_half_are_one) {
    const std::array ratios{2.0, 0.5};
    const MetricSummary mean = mean_ratio("r", ratios);
    EXPECT_EQ(mean.n, 2);
    EXPECT_NEAR(*mean.mean, 1, 1e-12);
    EXPECT_NEAR(*mean.ci95_low * *mean.ci95_high, 1, 1e-9);
    EXPECT_LT(*mean.ci95_low, 1);
    EXPECT_FALSE(mean_ratio("r", std::array{3.0}).ci95_low);
    EXPECT_EQ(mean_ratio("r", std::array{0.0, -1.0}).n, 0);
}

}  // namespace
}  // namespace tandem
