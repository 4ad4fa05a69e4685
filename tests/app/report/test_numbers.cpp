#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "app/report/metric_format.h"
#include "app/report/number_format.h"
#include "app/report/text_width.h"
#include "engine/benchmark/statistics.h"

namespace tandem::report {
namespace {

TEST(Numbers, FullPrecisionReadsBackAsTheSameDouble) {
    for (const double value : {0.1, 1.0 / 3, 1e-300, 123456789.123456789, -2.5e17, 5e-324, 0.0}) {
        EXPECT_EQ(std::strtod(full_precision(value).c_str(), nullptr), value);
    }
    EXPECT_EQ(full_precision(0.1), "0.1");
    EXPECT_EQ(full_precision(std::numeric_limits<double>::quiet_NaN()), "");
    EXPECT_EQ(full_precision(std::numeric_limits<double>::infinity()), "");
}

TEST(Numbers, AreRoundedToWhatTheIntervalSupports) {
    const auto shown = [](double mean, double half) {
        MetricSummary metric{.name = "ttft_ms", .n = 5};
        metric.mean = mean;
        metric.ci95_low = mean - half;
        metric.ci95_high = mean + half;
        return format_metric(metric, {"ms", 1});
    };
    EXPECT_EQ(shown(212.3456, 1.42), "212.3 ± 1.4");
    EXPECT_EQ(shown(212.3456, 14.2), "212 ± 14");
    EXPECT_EQ(shown(212.3456, 142), "212 ± 142");
    EXPECT_EQ(shown(0.012345, 0.00042), "0.01235 ± 0.00042");
    EXPECT_EQ(shown(0, 0.5), "0.00 ± 0.50");
    EXPECT_EQ(shown(5, 0), "5.000");
}

TEST(Numbers, WithoutAnIntervalStandAloneWithFourDigits) {
    EXPECT_EQ(format_metric(summarise("x", {1234.567}), {}), "1235");
    EXPECT_EQ(format_metric(summarise("x", {12.34567}), {}), "12.35");
    EXPECT_EQ(format_metric(summarise("x", {0.0001234567}), {}), "0.000123");
    EXPECT_EQ(format_metric(summarise("x", {}), {}), "");
    EXPECT_EQ(fixed(-0.0001, 2), "0.00");
}

TEST(Numbers, TakeUnitsForPeople) {
    EXPECT_EQ(format_value(536870912, Quantity::bytes), "512.0 MiB");
    EXPECT_EQ(format_value(1.5 * 1024 * 1024 * 1024, Quantity::bytes), "1.500 GiB");
    EXPECT_EQ(format_value(17, Quantity::bytes), "17 B");
    EXPECT_EQ(format_value(12.5, Quantity::milliseconds), "12.50 ms");
    EXPECT_EQ(format_value(12500, Quantity::milliseconds), "12.50 s");
}

TEST(Metrics, OfNoRegistryTakeTheUnitOfTheirName) {
    EXPECT_EQ(metric_info("warm_up_ms").quantity, Quantity::milliseconds);
    EXPECT_EQ(metric_info("warm_up_ms").label, "warm up");
    EXPECT_EQ(metric_info("score").quantity, Quantity::plain);
    EXPECT_EQ(metric_info("ttft_ms").better, Better::lower);
    EXPECT_EQ(metric_info("decode_tokens_per_second").better, Better::higher);
}

TEST(Metrics, ThatAreScoresHaveTheirOwnDigitsAndKeepTheirOptions) {
    MetricSummary score{.name = "rouge1", .n = 200};
    score.mean = 0.41236;
    score.ci95_low = 0.39;
    score.ci95_high = 0.43;
    EXPECT_EQ(format_metric(score, choose_unit(metric_info("rouge1").quantity, 1)), "0.4124 ± 0.0200");
    score.mean = 21.456;
    score.ci95_low = score.ci95_high = std::nullopt;
    EXPECT_EQ(format_metric(score, choose_unit(metric_info("bleu").quantity, 21)), "21.46");
    EXPECT_EQ(metric_info("bleu:tok=zh").heading, "BLEU (tok=zh)");
    EXPECT_EQ(metric_info("bleu:tok=zh").name, "bleu:tok=zh");
    EXPECT_EQ(metric_rank("bleu:tok=zh"), metric_rank("bleu"));
    EXPECT_EQ(metric_info("ter").better, Better::lower);
    EXPECT_EQ(metric_info("chrf++").better, Better::higher);
    EXPECT_GT(metric_rank("rouge1"), metric_rank("inter_token_ms"));
}

TEST(Metrics, AreRegisteredOnceWithADefinitionEach) {
    for (std::size_t i = 0; i < known_metrics().size(); ++i) {
        EXPECT_EQ(metric_rank(known_metrics()[i].name), i);
        EXPECT_FALSE(known_metrics()[i].definition.empty()) << known_metrics()[i].name;
    }
}

TEST(TerminalText, CountsCellsOfWideAndCombiningCharacters) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("日本"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("±"), 1U);
}

TEST(TerminalText, CannotDriveTheTerminal) {
    EXPECT_EQ(printable("a\x1b[31mb\nc"), "a\uFFFD[31mb\uFFFDc");
    EXPECT_EQ(printable("x\u202Ey"), "x\uFFFDy");
    EXPECT_EQ(printable("\xC3("), "\uFFFD(");
    EXPECT_EQ(printable("\xF0\x9F\x98"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(printable("héllo 日本 😀"), "héllo 日本 😀");
}

TEST(TerminalText, IsCutBetweenCharacters) {
    EXPECT_EQ(cut_to_width("prompt_tokens", 8), "prompt_…");
    EXPECT_EQ(cut_to_width("日本語", 4), "日…");
    EXPECT_EQ(cut_to_width("short", 8), "short");
}

}  // namespace
}  // namespace tandem::report
