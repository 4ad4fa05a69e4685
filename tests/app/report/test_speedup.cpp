// The table and the charts of speed-ups, from rows as the database gives them.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "app/report/chart_marker.h"
#include "app/report/report_sections.h"
#include "app/report/speedup_charts.h"
#include "app/report/speedup_table.h"
#include "app/report/table_formats.h"
#include "engine/benchmark/ratio.h"
#include "tests/app/report/table_rows.h"

namespace tandem::report {
namespace {

using report_test::trial_row;

struct Shape {
    std::string pairing = "guided";
    std::string slm = "tiny";
    std::int64_t new_tokens = 25;
    double speedup = 2;
    double size_ratio = 12;
    std::uint64_t seed = 1;
    std::string workload = "translation";
};

TrialRow guided(int number, const Shape& shape) {
    TrialRow row = trial_row(number, "f32", shape.seed, {20, 21, 22});
    row.pairing = shape.pairing;
    row.model = shape.slm;
    row.partner = "big";
    row.baseline = "alone";
    row.baseline_trial = std::string(64, 'b');
    row.workload = shape.workload;
    row.settings = {{"workloads.translation.new_tokens", std::to_string(shape.new_tokens)}};
    row.new_tokens = shape.new_tokens;
    const double ms = 100;
    row.metrics["end_to_end_ms"] = summarise("end_to_end_ms", {ms * 0.99, ms, ms * 1.01});
    row.metrics["speedup"] =
        ratio_of("speedup", summarise("", {ms * shape.speedup * 0.99, ms * shape.speedup, ms * shape.speedup * 1.01}),
                 row.metrics["end_to_end_ms"]);
    row.metrics["ttft_speedup"] = {.name = "ttft_speedup", .n = 3, .mean = 0.9, .ci95_low = 0.85, .ci95_high = 0.95};
    row.metrics["peak_rss_ratio"] = {.name = "peak_rss_ratio", .n = 3, .mean = 1.08};
    row.metrics["size_ratio"] = {.name = "size_ratio", .n = 1, .mean = shape.size_ratio};
    return row;
}

TrialRow alone(int number) {
    TrialRow row = trial_row(number, "f32", 1, {80, 81, 82});
    row.id = std::string(64, 'b');
    row.pairing = "alone";
    row.model = "big";
    row.workload = "translation";
    row.settings = {{"workloads.translation.new_tokens", "25"}};
    return row;
}

std::vector<ResultRow> sweep() {
    std::vector<TrialRow> trials{alone(0)};
    int number = 0;
    for (const auto& [pairing, slm, size] : {std::tuple{"g-tiny", "tiny", 12.0}, {"g-small", "small", 6.0}}) {
        for (const std::int64_t tokens : {25, 50, 100}) {
            trials.push_back(guided(++number, {.pairing = pairing,
                                               .slm = slm,
                                               .new_tokens = tokens,
                                               .speedup = 0.8 + static_cast<double>(tokens) / 50,
                                               .size_ratio = size}));
        }
    }
    return result_rows(trials, Seeds::merged);
}

std::string cell(const ResultTable& table, std::size_t row, const std::string& key) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (table.columns[c].key == key) {
            return table.rows[row][c].text;
        }
    }
    return "no such column";
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

TEST(SpeedupTable, ShowsBothTimesTheRatiosAndTheirIntervals) {
    const ResultTable table = make_speedup_table(result_rows({alone(0), guided(1, {})}, Seeds::apart));
    ASSERT_EQ(table.rows.size(), 1U) << "the baseline is no row of its own";
    EXPECT_EQ(cell(table, 0, "end_to_end_ms"), "100.0");
    EXPECT_EQ(cell(table, 0, "baseline_end_to_end_ms"), "200.0");
    EXPECT_TRUE(std::regex_match(cell(table, 0, "speedup"), std::regex("2\\.00 \\(1\\.9\\d–2\\.0\\d\\)")))
        << cell(table, 0, "speedup");
    EXPECT_EQ(cell(table, 0, "ttft_speedup"), "0.90 (0.85–0.95)");
    EXPECT_EQ(cell(table, 0, "peak_rss_ratio"), "1.08");
    EXPECT_EQ(cell(table, 0, "size_ratio"), "12.00");
    EXPECT_EQ(cell(table, 0, "reason"), "no such column");
    const auto shared = [&](const std::string& heading) {
        for (const auto& [name, value] : table.shared) {
            if (name == heading) {
                return value;
            }
        }
        return std::string();
    };
    EXPECT_EQ(shared("model"), "tiny + big");
    EXPECT_EQ(shared("against"), "alone");
    const std::string text = to_text(table, {});
    EXPECT_NE(text.find("95 % interval"), std::string::npos) << text;
    EXPECT_NE(text.find("n = 3"), std::string::npos) << text;
}

TEST(SpeedupTable, MarksWhatIsCertainlyFasterAlone) {
    const ResultTable table = make_speedup_table(
        result_rows({guided(1, {.speedup = 2}), guided(2, {.pairing = "slow", .speedup = 0.5})}, Seeds::apart));
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [](const TableColumn& c) { return c.key == "speedup"; });
    const auto at = static_cast<std::size_t>(column - table.columns.begin());
    EXPECT_EQ(table.rows[0][at].tone, Tone::best);
    EXPECT_EQ(table.rows[1][at].tone, Tone::plain);
}

TEST(SpeedupTable, SaysWhyARatioIsMissing) {
    TrialRow died = guided(1, {.pairing = "died"});
    died.metrics.clear();
    died.state = "failed";
    died.error_code = "WORKER_KILLED";
    TrialRow lone = guided(2, {.pairing = "lone"});
    lone.metrics.erase("speedup");
    lone.baseline_trial.clear();
    TrialRow half = guided(3, {.pairing = "half"});
    half.metrics.erase("speedup");
    TrialRow timeless = guided(4, {.pairing = "timeless"});
    timeless.metrics.erase("speedup");
    timeless.metrics.erase("end_to_end_ms");
    TrialRow elsewhere = half;
    elsewhere.pairing = "elsewhere";
    elsewhere.baseline_trial = std::string(64, 'c');
    TrialRow baseline = alone(0);
    baseline.state = "failed";
    baseline.error_code = "OUT_OF_MEMORY";
    const ResultTable table =
        make_speedup_table(result_rows({baseline, died, lone, half, timeless, elsewhere, guided(6, {})}, Seeds::apart));
    ASSERT_EQ(table.rows.size(), 6U);
    EXPECT_EQ(cell(table, 0, "reason"), "failed WORKER_KILLED");
    EXPECT_EQ(cell(table, 1, "reason"), "no trial of alone to compare with");
    EXPECT_EQ(cell(table, 2, "reason"), "alone: failed OUT_OF_MEMORY");
    EXPECT_EQ(cell(table, 3, "reason"), "measures no time");
    EXPECT_EQ(cell(table, 4, "reason"), "alone was not measured");
    EXPECT_EQ(cell(table, 5, "reason"), "");
    EXPECT_EQ(cell(table, 0, "speedup"), "");
}

TEST(SpeedupTable, CountsEachSeedOnceByTheGeometricMean) {
    const auto rows =
        result_rows({guided(1, {.speedup = 4, .seed = 1}), guided(2, {.speedup = 1, .seed = 2})}, Seeds::merged);
    ASSERT_EQ(rows.size(), 1U);
    const MetricSummary& speedup = rows[0].trial.metrics.at("speedup");
    EXPECT_EQ(speedup.n, 2);
    EXPECT_NEAR(*speedup.mean, 2, 1e-9);
    const ResultTable table = make_speedup_table(rows);
    EXPECT_NE(table.notes.back().find("different seeds"), std::string::npos);
}

TEST(ResultTable, HasTheSpeedupAloneAndNamesBothModels) {
    const ResultTable table = make_table(sweep());
    const auto has = [&](const char* key) {
        return std::any_of(table.columns.begin(), table.columns.end(),
                           [&](const TableColumn& column) { return column.key == key; });
    };
    EXPECT_TRUE(has("speedup"));
    EXPECT_FALSE(has("ttft_speedup"));
    EXPECT_FALSE(has("size_ratio"));
    EXPECT_EQ(cell(table, 1, "model"), "tiny + big");
    EXPECT_EQ(cell(table, 0, "model"), "big");
}

TEST(SpeedupCharts, AreByOutputLengthAndBySizeRatio) {
    const auto charts = speedup_charts(sweep());
    ASSERT_EQ(charts.size(), 2U);
    EXPECT_EQ(charts[0].title, "Speed-up by output length: translation");
    EXPECT_EQ(charts[1].title, "Speed-up by size ratio: translation");
    EXPECT_NE(charts[1].explanation.find("6×: g-small; 12×: g-tiny"), std::string::npos) << charts[1].explanation;
    for (const auto& chart : charts) {
        for (const std::string& svg : {chart.wide, chart.narrow}) {
            EXPECT_NE(svg.find("1×: as fast as the baseline"), std::string::npos);
            EXPECT_EQ(count(svg, "class=\"ref\""), 1U);
            EXPECT_EQ(svg.find("nan"), std::string::npos);
        }
    }
    EXPECT_EQ(count(charts[0].wide, "class=\"point\""), 6U);
    EXPECT_EQ(count(charts[0].wide, "class=\"row\""), 2U) << "one line a pairing";
    EXPECT_EQ(count(charts[1].wide, "class=\"row\""), 3U) << "one line an output length";
    EXPECT_NE(charts[0].wide.find("g-tiny: 1.30 at 25, 1.80 at 50, 2.80 at 100"), std::string::npos)
        << "the description says the points in words";
}

TEST(SpeedupCharts, HaveAPanelForEachWorkloadAndOneColourForAPairing) {
    std::vector<TrialRow> trials;
    int number = 0;
    for (const char* workload : {"translation", "summarisation"}) {
        for (const std::int64_t tokens : {25, 50}) {
            trials.push_back(guided(++number, {.pairing = "second", .new_tokens = tokens, .workload = workload}));
            trials.push_back(guided(++number, {.pairing = "first", .new_tokens = tokens, .workload = workload}));
        }
    }
    std::swap(trials[4], trials[5]);
    const auto charts = speedup_charts(result_rows(trials, Seeds::merged));
    ASSERT_EQ(charts.size(), 2U) << "one size ratio is no axis";
    for (const auto& chart : charts) {
        EXPECT_TRUE(
            std::regex_search(chart.wide, std::regex("<title>second</title>\\s*<path [^>]*class=\"curve c0\"")));
        EXPECT_TRUE(std::regex_search(chart.wide, std::regex("<title>first</title>\\s*<path [^>]*class=\"curve c1\"")));
    }
}

TEST(SpeedupCharts, DoNotJoinPairingsOfOneSizeRatio) {
    std::vector<TrialRow> trials;
    int number = 0;
    for (const auto& [pairing, size] : {std::pair{"a", 12.0}, {"b", 12.0}, {"c", 6.0}}) {
        trials.push_back(guided(++number, {.pairing = pairing, .size_ratio = size}));
    }
    const auto charts = speedup_charts(result_rows(trials, Seeds::merged));
    ASSERT_EQ(charts.size(), 1U) << "one length is no axis";
    EXPECT_EQ(charts[0].title, "Speed-up by size ratio: translation");
    EXPECT_EQ(count(charts[0].wide, "class=\"curve c0\""), 0U);
    EXPECT_EQ(count(charts[0].wide, "class=\"point\""), 3U);
}

TEST(SpeedupCharts, AreNotStretchedByAnIntervalThatSaysNothing) {
    std::vector<TrialRow> trials;
    for (const std::int64_t tokens : {25, 50}) {
        trials.push_back(guided(static_cast<int>(tokens), {.new_tokens = tokens, .speedup = tokens == 25 ? 1.0 : 8.0}));
        trials.back().metrics.at("speedup").ci95_low = 1e-6;
        trials.back().metrics.at("speedup").ci95_high = 1e6;
    }
    const auto charts = speedup_charts(result_rows(trials, Seeds::merged));
    ASSERT_EQ(charts.size(), 1U);
    EXPECT_NE(charts[0].wide.find(">10</text>"), std::string::npos);
    EXPECT_EQ(charts[0].wide.find(">50</text>"), charts[0].wide.rfind(">50</text>")) << "the length, and no speed-up";
    EXPECT_EQ(charts[0].wide.find("000</text>"), std::string::npos);
}

TEST(SpeedupTable, HasTheNumberOfRepetitionsAsAColumnWhereRowsDiffer) {
    TrialRow fewer = guided(2, {.pairing = "fewer"});
    fewer.metrics.at("speedup").n = 2;
    const ResultTable table = make_speedup_table(result_rows({guided(1, {}), fewer}, Seeds::apart));
    EXPECT_EQ(cell(table, 0, "n"), "3");
    EXPECT_EQ(cell(table, 1, "n"), "2");
}

TEST(SpeedupCharts, LeaveOutWhatHasNoSpeedup) {
    EXPECT_TRUE(speedup_charts({}).empty());
    TrialRow died = guided(1, {});
    died.metrics.clear();
    died.new_tokens = std::nullopt;
    EXPECT_TRUE(speedup_charts(result_rows({alone(0), died}, Seeds::merged)).empty());
}

TEST(SpeedupSection, NamesTheBaselinesAndIsEmptyWithoutOne) {
    const Section section = speedup_section(sweep());
    EXPECT_EQ(section.title, "Speed-up against alone");
    EXPECT_EQ(count(section.html, "<figure>"), 2U);
    EXPECT_NE(section.html.find("g-small"), std::string::npos);
    EXPECT_TRUE(speedup_section(result_rows({alone(0)}, Seeds::merged)).html.empty());
}

TEST(Markers, AreSixShapesThatDiffer) {
    std::set<std::string> drawn;
    for (std::size_t shape = 0; shape < 12; ++shape) {
        Svg svg(20, 20, "m", "m");
        draw_marker(svg, shape, 10, 10, "c0");
        drawn.insert(svg.finish());
    }
    EXPECT_EQ(drawn.size(), 6U);
}

}  // namespace
}  // namespace tandem::report
