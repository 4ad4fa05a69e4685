#include "engine/benchmark/statistics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace tandem {
namespace {

// Reference: scipy 1.17.1, stats.t.ppf.
TEST(Statistics, student_quantiles_are_those_of_scipy) {
    struct Case {
        double p;
        double degrees;
        double expected;
    };
    constexpr std::array<Case, 14> cases{{{0.975, 1, 12.706204736174694},
                                          {0.975, 2, 4.302652729749462},
                                          {0.975, 3, 3.1824463052837078},
                                          {0.975, 4, 2.7764451051977934},
                                          {0.975, 9, 2.262157162798205},
                                          {0.975, 29, 2.045229642132703},
                                          {0.975, 63, 1.998340542520741},
                                          {0.975, 100, 1.9839715185235518},
                                          {0.975, 1000, 1.9623390808264083},
                                          {0.975, 1000000, 1.959966356814107},
                                          {0.9, 1, 3.0776835371752544},
                                          {0.9, 29, 1.311433647301551},
                                          {0.25, 2, -0.8164965809277261},
                                          {0.25, 1000, -0.6747351646070093}}};
    for (const Case& c : cases) {
        EXPECT_NEAR(student_t_quantile(c.p, c.degrees), c.expected, 1e-9 * std::abs(c.expected))
            << c.p << " with " << c.degrees;
    }
    EXPECT_NEAR(student_t_quantile(0.5, 7), 0, 1e-12);
}

TEST(Statistics, five_runs_give_the_golden_mean_deviation_and_interval) {
    const MetricSummary summary = summarise("tps", {150, 152, 148, 155, 151});
    EXPECT_EQ(summary.name, "tps");
    EXPECT_EQ(summary.n, 5);
    EXPECT_NEAR(*summary.mean, 151.2, 1e-12);
    EXPECT_NEAR(*summary.sd, 2.588435821108957, 1e-12);
    EXPECT_NEAR(*summary.ci95_low, 147.986032429268, 1e-9);
    EXPECT_NEAR(*summary.ci95_high, 154.41396757073198, 1e-9);
    EXPECT_EQ(*summary.p50, 151);
    EXPECT_FALSE(summary.p90.has_value());
    EXPECT_EQ(*summary.min, 148);
    EXPECT_EQ(*summary.max, 155);
    EXPECT_EQ(summary.samples, (std::vector<double>{150, 152, 148, 155, 151}));
}

// Reference: numpy 2.4.6 and scipy 1.17.1 on the same seventy numbers.
TEST(Statistics, seventy_runs_agree_with_numpy_and_scipy) {
    std::vector<double> samples;
    for (int i = 0; i < 70; ++i) {
        samples.push_back((i * 37 % 101) / 7.0 + 0.25 * (i % 3));
    }
    const MetricSummary summary = summarise("x", samples);
    EXPECT_NEAR(*summary.mean, 7.399489795918367, 1e-12);
    EXPECT_NEAR(*summary.sd, 4.238343675941433, 1e-12);
    EXPECT_NEAR(*summary.ci95_low, 6.388892418750169, 1e-9);
    EXPECT_NEAR(*summary.ci95_high, 8.410087173086565, 1e-9);
    EXPECT_NEAR(*summary.p50, 7.071428571428571, 1e-12);
    EXPECT_NEAR(*summary.p90, 12.935714285714287, 1e-12);
}

// Reference: numpy.percentile of [3.5, 1.25, 9, 2].
TEST(Statistics, percentiles_interpolate_between_neighbours) {
    const std::vector<double> ascending{1.25, 2, 3.5, 9};
    EXPECT_DOUBLE_EQ(percentile(ascending, 0), 1.25);
    EXPECT_DOUBLE_EQ(percentile(ascending, 0.1), 1.475);
    EXPECT_DOUBLE_EQ(percentile(ascending, 0.25), 1.8125);
    EXPECT_DOUBLE_EQ(percentile(ascending, 0.5), 2.75);
    EXPECT_DOUBLE_EQ(percentile(ascending, 0.9), 7.35);
    EXPECT_DOUBLE_EQ(percentile(ascending, 1), 9);
}

TEST(Statistics, no_sample_says_nothing) {
    const MetricSummary summary = summarise("energy_joules", {});
    EXPECT_EQ(summary.n, 0);
    for (const auto& value : {summary.mean, summary.sd, summary.ci95_low, summary.ci95_high, summary.p50, summary.p90,
                              summary.min, summary.max}) {
        EXPECT_FALSE(value.has_value());
    }
}

TEST(Statistics, one_sample_has_a_mean_and_a_median_but_no_spread) {
    const MetricSummary summary = summarise("load_ms", {42});
    EXPECT_EQ(*summary.mean, 42);
    EXPECT_EQ(*summary.p50, 42);
    EXPECT_EQ(*summary.min, 42);
    EXPECT_EQ(*summary.max, 42);
    EXPECT_FALSE(summary.sd.has_value());
    EXPECT_FALSE(summary.ci95_low.has_value());
    EXPECT_FALSE(summary.ci95_high.has_value());
}

TEST(Statistics, p90_appears_with_the_sixty_fourth_sample) {
    EXPECT_FALSE(summarise("x", std::vector<double>(63, 1.0)).p90.has_value());
    EXPECT_EQ(*summarise("x", std::vector<double>(64, 1.0)).p90, 1);
}

TEST(Statistics, a_series_has_a_spread_but_no_confidence_interval) {
    const MetricSummary summary = summarise("inter_token_ms", {1, 2, 4}, SampleKind::series);
    EXPECT_TRUE(summary.sd.has_value());
    EXPECT_FALSE(summary.ci95_low.has_value());
    EXPECT_FALSE(summary.ci95_high.has_value());
}

TEST(Statistics, equal_large_samples_have_no_spread) {
    const MetricSummary summary = summarise("weights_bytes", std::vector<double>(1000, 98362432.1));
    EXPECT_EQ(*summary.mean, 98362432.1);
    EXPECT_EQ(*summary.sd, 0);
}

TEST(Statistics, a_report_carries_no_more_samples_than_a_frame_holds) {
    EXPECT_EQ(summarise("x", std::vector<double>(max_samples_in_report, 1.0)).samples.size(), max_samples_in_report);
    const MetricSummary larger = summarise("x", std::vector<double>(max_samples_in_report + 1, 1.0));
    EXPECT_TRUE(larger.samples.empty());
    EXPECT_EQ(larger.n, static_cast<std::int64_t>(max_samples_in_report) + 1);
}

}  // namespace
}  // namespace tandem
