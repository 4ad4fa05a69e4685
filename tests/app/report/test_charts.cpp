#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "app/report/chart_bars.h"
#include "app/report/chart_choice.h"
#include "app/report/chart_lines.h"
#include "app/report/chart_scale.h"
#include "tests/app/report/table_rows.h"

namespace tandem::report {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ChartScale, PutsValuesOnTheirPixels) {
    const Scale linear(ScaleKind::linear, 0, 50, 100, 600);
    EXPECT_DOUBLE_EQ(linear.pixel(0), 100);
    EXPECT_DOUBLE_EQ(linear.pixel(25), 350);
    EXPECT_DOUBLE_EQ(linear.pixel(50), 600);
    EXPECT_DOUBLE_EQ(linear.pixel(80), 600) << "clamped";
    const Scale logarithmic(ScaleKind::logarithmic, 16, 1024, 0, 600);
    EXPECT_NEAR(logarithmic.pixel(32), 100, 1e-9);
    EXPECT_NEAR(logarithmic.pixel(128), 300, 1e-9);
}

TEST(ChartScale, StaysFiniteForEveryRange) {
    for (const ScaleKind kind : {ScaleKind::linear, ScaleKind::logarithmic}) {
        for (const auto& [low, high] :
             {std::pair{0.0, 0.0}, std::pair{5.0, 5.0}, std::pair{-1.0, 1.0}, std::pair{infinity, -infinity},
              std::pair{std::nan(""), 1.0}, std::pair{1e-300, 1e300}, std::pair{7.0, 3.0}}) {
            const Scale scale(kind, low, high, 10, 200);
            for (const double value : {-1e9, 0.0, 1.0, 5.0, 1e9}) {
                EXPECT_TRUE(std::isfinite(scale.pixel(value))) << low << " to " << high << " at " << value;
            }
        }
    }
}

TEST(ChartTicks, AreRoundAndCoverTheRange) {
    const RoundRange range = round_range(0, 87, 6);
    EXPECT_DOUBLE_EQ(range.low, 0);
    EXPECT_DOUBLE_EQ(range.high, 100);
    EXPECT_DOUBLE_EQ(range.step, 20);
    std::vector<std::string> labels;
    for (const Tick& tick : round_ticks(Scale(ScaleKind::linear, 0, 0.5, 0, 100), 5)) {
        labels.push_back(tick.label);
    }
    EXPECT_EQ(labels, (std::vector<std::string>{"0.0", "0.1", "0.2", "0.3", "0.4", "0.5"}));
    EXPECT_EQ(tick_label(20000, 5000), "20\u2009000");
}

TEST(ChartTicks, OfALogarithmicScaleAreOneTwoFive) {
    std::vector<double> values;
    for (const Tick& tick : round_ticks(Scale(ScaleKind::logarithmic, 1, 100, 0, 100), 6)) {
        values.push_back(tick.value);
    }
    EXPECT_EQ(values, (std::vector<double>{1, 2, 5, 10, 20, 50, 100}));
}

TEST(ChartTicks, AtGivenValuesDoNotTouch) {
    const Scale scale(ScaleKind::linear, 1, 1000, 0, 300);
    std::vector<double> values;
    for (int value = 1; value <= 1000; value += 13) {
        values.push_back(value);
    }
    const auto ticks = ticks_at(scale, values, 12);
    ASSERT_GE(ticks.size(), 3U);
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        const double room = scale.pixel(ticks[i].value) - scale.pixel(ticks[i - 1].value);
        EXPECT_GE(room, (text_width(ticks[i].label, 12) + text_width(ticks[i - 1].label, 12)) / 2);
    }
    EXPECT_EQ(ticks.front().value, values.front());
    EXPECT_EQ(ticks.back().value, values.back());
}

// Numbers of an attribute, in order: numbers_of(svg, "rect", "width").
std::vector<double> numbers_of(const std::string& svg, const std::string& element, const std::string& attribute) {
    std::vector<double> numbers;
    const std::regex pattern("<" + element + "[^>]* " + attribute + "=\"([-0-9.]+)\"");
    for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
        numbers.push_back(std::stod((*at)[1]));
    }
    return numbers;
}

BarChart bar_chart(std::size_t bars) {
    BarChart chart{.title = "Decode speed", .axis_title = "Decode speed (tokens/s)", .legend = {}, .bars = {}};
    for (std::size_t i = 0; i < bars; ++i) {
        const double value = 10.0 * static_cast<double>(i + 1);
        chart.bars.push_back({.label = "a rather long label of row " + std::to_string(i),
                              .value = value,
                              .low = value - 4,
                              .high = value + 4,
                              .value_text = std::to_string(i),
                              .tooltip = "tip",
                              .colour = i % 3,
                              .parts = {}});
    }
    return chart;
}

TEST(BarCharts, DrawLengthsInProportionAndInside) {
    for (const double width : {350.0, 1060.0}) {
        const std::string svg = draw_bars(bar_chart(5), width);
        const std::vector<double> widths = numbers_of(svg, "rect", "width");
        const std::vector<double> lefts = numbers_of(svg, "rect", "x");
        ASSERT_EQ(widths.size(), 5U);
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_NEAR(widths[i], widths[0] * static_cast<double>(i + 1), 0.05);
            EXPECT_LE(lefts[i] + widths[i], width);
        }
        EXPECT_EQ(svg.find("nan"), std::string::npos);
    }
}

TEST(BarCharts, EndErrorBarsAtTheInterval) {
    const std::string svg = draw_bars(bar_chart(2), 1060);
    const double per_unit = numbers_of(svg, "rect", "width")[0] / 10;
    const double left = numbers_of(svg, "rect", "x")[0];
    const std::regex pattern("<line x1=\"([-0-9.]+)\" y1=\"[-0-9.]+\" x2=\"([-0-9.]+)\"[^>]*class=\"er\"");
    std::smatch match;
    ASSERT_TRUE(std::regex_search(svg, match, pattern));
    EXPECT_NEAR(std::stod(match[1]), left + 6 * per_unit, 0.05);
    EXPECT_NEAR(std::stod(match[2]), left + 14 * per_unit, 0.05);
}

TEST(BarCharts, GiveEveryRowALineOfItsOwn) {
    const std::string svg = draw_bars(bar_chart(60), 1060);
    const std::regex pattern("<text x=\"[-0-9.]+\" y=\"([-0-9.]+)\" class=\"lb\"");
    std::vector<double> lines;
    for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
        lines.push_back(std::stod((*at)[1]));
    }
    ASSERT_EQ(lines.size(), 60U);
    for (std::size_t i = 1; i < lines.size(); ++i) {
        EXPECT_GE(lines[i] - lines[i - 1], 14) << "labels of 12 pixels overlap";
    }
}

TEST(BarCharts, OfNothingOrOfZerosAreStillFinite) {
    EXPECT_EQ(draw_bars(bar_chart(0), 350).find("nan"), std::string::npos);
    BarChart zeros = bar_chart(1);
    zeros.bars[0].value = 0;
    zeros.bars[0].low = zeros.bars[0].high = std::nullopt;
    EXPECT_EQ(numbers_of(draw_bars(zeros, 1060), "rect", "width"), std::vector<double>{0});
}

TEST(LineCharts, DrawPointsWhereTheyBelong) {
    LineChart chart{.title = "t", .x_title = "x", .y_title = "y", .legend = {}, .series = {}};
    chart.series.push_back({.label = "a", .colour = 0, .points = {}});
    for (const double x : {0.0, 5.0, 10.0}) {
        chart.series[0].points.push_back({.x = x, .y = x, .low = {}, .high = {}, .tooltip = "here"});
    }
    const std::string svg = draw_lines(chart, 1060);
    const auto x = numbers_of(svg, "circle", "cx");
    const auto y = numbers_of(svg, "circle", "cy");
    ASSERT_EQ(x.size(), 3U);
    EXPECT_NEAR(x[1], (x[0] + x[2]) / 2, 0.02);
    EXPECT_NEAR(y[1], (y[0] + y[2]) / 2, 0.02);
    EXPECT_LT(y[2], y[0]) << "more is up";
}

TEST(LineCharts, WithoutPointsOrWithOneAreStillFinite) {
    LineChart chart{.title = "t", .x_title = "x", .y_title = "y", .legend = {}, .series = {}};
    EXPECT_EQ(draw_lines(chart, 350).find("nan"), std::string::npos);
    chart.series.push_back({.label = "a", .colour = 0, .points = {{.x = 1, .y = 0, .tooltip = {}}}});
    const std::string svg = draw_lines(chart, 350);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(numbers_of(svg, "circle", "cx").size(), 1U) << "a single point is seen";
}

TEST(LineCharts, AreNotFlattenedByAFewOutliers) {
    std::vector<double> values(100, 10);
    values[50] = 500;
    EXPECT_LT(visible_top(values), 20);
    EXPECT_EQ(visible_top({1, 2, 30}), 30) << "few values are all shown";
}

TEST(Legends, FlowOverSeveralLines) {
    std::vector<LegendKey> keys;
    for (int i = 0; i < 8; ++i) {
        keys.push_back({"a model with a long name " + std::to_string(i), colour_class(static_cast<std::size_t>(i))});
    }
    EXPECT_GT(legend_height(keys, 350), legend_height(keys, 1060));
    EXPECT_EQ(legend_height({keys[0]}, 350), 0) << "one key needs no legend";
}

std::vector<ResultRow> sweep(const std::vector<std::string>& dtypes, const std::vector<int>& tokens) {
    std::vector<TrialRow> trials;
    for (const std::string& dtype : dtypes) {
        for (const int n : tokens) {
            trials.push_back(report_test::trial_row(static_cast<int>(trials.size()), dtype, 1, {10, 11}));
            trials.back().settings[1].second = std::to_string(n);
        }
    }
    return result_rows(trials, Seeds::apart);
}

TEST(ChartChoice, DrawsCurvesAlongASweptNumber) {
    const auto rows = sweep({"f32", "int8"}, {64, 16, 32, 128});
    const auto layout = curve_layout(rows);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->setting, "workloads.speed.new_tokens");
    EXPECT_EQ(layout->values, (std::vector<double>{16, 32, 64, 128}));
    EXPECT_TRUE(layout->logarithmic);
    ASSERT_EQ(layout->curves.size(), 2U);
    EXPECT_EQ(layout->curves[0].label, "f32");
    EXPECT_EQ(layout->curves[0].rows, (std::vector<std::size_t>{1, 2, 0, 3}));
    EXPECT_EQ(setting_unit("workloads.speed.new_tokens"), "tokens");
}

TEST(ChartChoice, DrawsBarsWhereNothingNumericTellsRowsApart) {
    EXPECT_FALSE(curve_layout(sweep({"f32", "int8"}, {16, 32})));
    EXPECT_FALSE(curve_layout(sweep({"f32", "int8", "bf16"}, {16})));
    std::vector<std::string> many;
    for (int i = 0; i < 20; ++i) {
        many.push_back("kind " + std::to_string(i));
    }
    EXPECT_FALSE(curve_layout(sweep(many, {1, 2, 3}))) << "twenty curves are not readable";
}

TEST(ChartChoice, ColoursByNumberFormatFirst) {
    const Colouring colouring = colour_rows(sweep({"f32", "int8"}, {16, 32}));
    EXPECT_EQ(colouring.of_row, (std::vector<std::size_t>{0, 0, 1, 1}));
    ASSERT_EQ(colouring.legend.size(), 2U);
    EXPECT_EQ(colouring.legend[1].label, "int8");
}

}  // namespace
}  // namespace tandem::report
