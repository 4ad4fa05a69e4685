#include <gtest/gtest.h>

#include <cmath>

#include "app/report/difference.h"
#include "engine/benchmark/statistics.h"

namespace tandem::report {
namespace {

// scipy 1.17: ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
struct WelchCase {
    std::vector<double> first, second;
    double difference, low, high, degrees;
    Verdict verdict;
};

class Welch : public testing::TestWithParam<WelchCase> {};

TEST_P(Welch, IntervalOfTheDifferenceIsScipys) {
    const WelchCase& c = GetParam();
    const Difference found = difference_of(summarise("ttft_ms", c.first), summarise("ttft_ms", c.second), false);
    ASSERT_TRUE(found.difference && found.ci95_low && found.ci95_high && found.degrees);
    EXPECT_NEAR(*found.difference, c.difference, 1e-9);
    EXPECT_NEAR(*found.ci95_low, c.low, 1e-9);
    EXPECT_NEAR(*found.ci95_high, c.high, 1e-9);
    EXPECT_NEAR(*found.degrees, c.degrees, 1e-9);
    EXPECT_EQ(found.verdict, c.verdict);
}

INSTANTIATE_TEST_SUITE_P(Scipy, Welch,
                         testing::Values(WelchCase{{150, 152, 148, 155, 151},
                                                   {147, 149, 146, 150, 148},
                                                   -3.1999999999999886,
                                                   -6.445209263568508,
                                                   0.04520926356853039,
                                                   6.62025811497849,
                                                   Verdict::not_distinguished},
                                         WelchCase{{10.1, 9.8, 10.4, 10.0, 9.9},
                                                   {10.2, 10.0, 10.1, 9.7, 10.3},
                                                   0.019999999999999574,
                                                   -0.3157592701884329,
                                                   0.35575927018843206,
                                                   7.999999999999999,
                                                   Verdict::not_distinguished},
                                         WelchCase{{1.0, 2.0},
                                                   {5.0, 5.5, 6.5, 4.0},
                                                   3.75,
                                                   1.502363491360926,
                                                   5.997636508639074,
                                                   3.1198003327787016,
                                                   Verdict::different},
                                         WelchCase{{31.2, 31.4, 30.9, 31.1, 31.3},
                                                   {31.5, 31.6, 31.45, 31.8, 31.3},
                                                   0.3500000000000014,
                                                   0.07418331992679572,
                                                   0.6258166800732071,
                                                   7.990231513138616,
                                                   Verdict::different}));

TEST(DifferenceOfMetrics, IsFoundWhereTheTwoIntervalsOverlap) {
    const auto first = summarise("tpot_ms", {31.2, 31.4, 30.9, 31.1, 31.3});
    const auto second = summarise("tpot_ms", {31.5, 31.6, 31.45, 31.8, 31.3});
    ASSERT_GT(*first.ci95_high, *second.ci95_low) << "the example no longer overlaps";
    EXPECT_EQ(difference_of(first, second, false).verdict, Verdict::different);
}

TEST(DifferenceOfMetrics, NeedsTwoSamplesOfEachUnlessTheMetricIsCounted) {
    const auto one = summarise("peak_rss_bytes", {100});
    const auto other = summarise("peak_rss_bytes", {90, 91});
    EXPECT_EQ(difference_of(one, other, false).verdict, Verdict::unknown);
    EXPECT_FALSE(difference_of(one, other, false).ci95_low);
    EXPECT_EQ(difference_of(one, summarise("weights_bytes", {90}), true).verdict, Verdict::different);
    EXPECT_EQ(difference_of(one, summarise("weights_bytes", {100}), true).verdict, Verdict::same);
}

TEST(DifferenceOfMetrics, OfDependentSamplesIsNotJudged) {
    const auto gaps = summarise("inter_token_ms", {10, 11, 12}, SampleKind::series);
    EXPECT_EQ(difference_of(gaps, gaps, false).verdict, Verdict::unknown);
}

TEST(DifferenceOfMetrics, HasNoRatioToZeroAndNothingWithoutAMean) {
    EXPECT_FALSE(difference_of(summarise("x", {0, 0}), summarise("x", {1, 2}), false).ratio);
    const Difference none = difference_of(summarise("x", {}), summarise("x", {1, 2}), false);
    EXPECT_FALSE(none.difference);
    EXPECT_EQ(none.verdict, Verdict::unknown);
}

TEST(DifferenceOfMetrics, WithoutAnySpreadIsTheDifferenceItself) {
    const Difference found = difference_of(summarise("x", {2, 2, 2}), summarise("x", {3, 3, 3}), false);
    EXPECT_EQ(found.verdict, Verdict::different);
    EXPECT_EQ(found.ci95_low, 1.0);
    EXPECT_EQ(found.ci95_high, 1.0);
}

}  // namespace
}  // namespace tandem::report
