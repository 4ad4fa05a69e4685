#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <regex>

#include "app/report/report_charts.h"
#include "app/report/report_page.h"
#include "tests/app/report/example_results.h"
#include "tests/db/store_fixture.h"
#include "tests/support/temporary_folder.h"

namespace tandem::report {
namespace {

namespace fs = std::filesystem;
using report_test::ExampleShape;

constexpr const char* hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' & \x1b[31m";

Result<std::string> page_of(const fs::path& database, const ExampleShape& shape) {
    if (auto stored = report_test::store_example(database, shape); !stored) {
        return stored.error();
    }
    auto reader = TANDEM_TRY(ResultsReader::open(database));
    ReportData data = TANDEM_TRY(gather_report(*reader, shape.experiment));
    data.database = database.string();
    return render_report(data, {.generated_at = "2026-11-25 10:00 UTC", .program = "tandem"});
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

TEST(Report, HoldsTablesChartsAnswersAndFailures) {
    const db_test::TemporaryFolder folder;
    const auto page = page_of(folder / "r.db", {});
    ASSERT_TRUE(page) << page.error().to_string();
    for (const char* part :
         {"<h2>Results</h2>", "<h2>Charts</h2>", "<h3>Decode speed</h3>", "<h3>Prefill speed</h3>",
          "<h3>Time to first token</h3>", "<h3>Time per token along the sequence</h3>", "<h3>Memory</h3>",
          "<h2>Answers</h2>", "What is the capital of France", "<h2>Failed trials</h2>", "WORKER_KILLED",
          "terminate called &lt;b&gt;without&lt;/b&gt;", "Example 3000", "<h2>What was asked</h2>",
          "load.dtype: [f32, native]", "<h2>How the figures are defined</h2>", "2026-11-25 10:00 UTC"}) {
        EXPECT_NE(page->find(part), std::string::npos) << part;
    }
    const Plan plan = report_test::example_plan({});
    for (const Trial& trial : plan.trials) {
        EXPECT_NE(page->find(trial.id), std::string::npos) << "the whole id of every trial is there";
    }
    EXPECT_EQ(page->find("nan"), std::string::npos);
}

TEST(Report, SaysWhatIsGainedOnABaseline) {
    const db_test::TemporaryFolder folder;
    const auto without = page_of(folder / "without.db", {});
    ASSERT_TRUE(without) << without.error().to_string();
    EXPECT_EQ(without->find("Speed-up"), std::string::npos);
    ExampleShape shape;
    shape.baseline = true;
    shape.seeds = {1, 2};
    const auto page = page_of(folder / "with.db", shape);
    ASSERT_TRUE(page) << page.error().to_string();
    const std::size_t section = page->find("<h2>Speed-up against small</h2>");
    ASSERT_NE(section, std::string::npos);
    EXPECT_NE(page->find("href=\"#speedup\""), std::string::npos);
    const std::string html = page->substr(section, page->find("</section>", section) - section);
    EXPECT_NE(html.find("trials with different seeds"), std::string::npos);
    EXPECT_TRUE(std::regex_search(html, std::regex(">\\d\\.\\d\\d \\(\\d\\.\\d\\d–\\d\\.\\d\\d\\)</td>"))) << html;
    EXPECT_NE(page->find("<code>speedup</code>"), std::string::npos) << "and defines it";
}

TEST(Report, NeedsNothingFromOutside) {
    const db_test::TemporaryFolder folder;
    const auto page = page_of(folder / "r.db", {});
    ASSERT_TRUE(page) << page.error().to_string();
    for (const char* outside : {" src=", "url(", "@import", "<link", "fetch(", "<iframe"}) {
        EXPECT_EQ(page->find(outside), std::string::npos) << outside;
    }
    EXPECT_EQ(count(*page, "http"), count(*page, "xmlns=\"http://www.w3.org/2000/svg\"") + count(*page, "http-equiv"));
    EXPECT_EQ(count(*page, "<script>"), 1U);
    EXPECT_NE(page->find("default-src 'none'"), std::string::npos);
}

TEST(Report, EscapesEverythingThatOthersWrote) {
    const db_test::TemporaryFolder folder;
    ExampleShape shape;
    shape.model = shape.prompt = shape.experiment = hostile;
    const auto page = page_of(folder / "r.db", shape);
    ASSERT_TRUE(page) << page.error().to_string();
    EXPECT_EQ(count(*page, "<script>"), 1U) << "only the page's own";
    EXPECT_EQ(page->find("<img"), std::string::npos);
    EXPECT_EQ(page->find('\x1b'), std::string::npos);
    EXPECT_NE(page->find("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
}

TEST(Report, HasEveryTagClosed) {
    const db_test::TemporaryFolder folder;
    ExampleShape shape;
    shape.prompt = hostile;
    const auto page = page_of(folder / "r.db", shape);
    ASSERT_TRUE(page) << page.error().to_string();
    std::vector<std::string> open;
    const std::string body = page->substr(page->find("<body>"), page->find("<script>") - page->find("<body>"));
    const std::regex tag("<(/?)([a-z0-9]+)([^<>]*?)(/?)>");
    for (std::sregex_iterator at(body.begin(), body.end(), tag), end; at != end; ++at) {
        if ((*at)[4].length() > 0) {
            continue;
        }
        if ((*at)[1].length() == 0) {
            open.push_back((*at)[2]);
        } else {
            ASSERT_FALSE(open.empty());
            ASSERT_EQ(open.back(), (*at)[2]) << "near " << at->position();
            open.pop_back();
        }
    }
    EXPECT_EQ(open, std::vector<std::string>{"body"});
}

TEST(Report, ShowsCurvesForASweepAndBarsForAChoice) {
    const db_test::TemporaryFolder folder;
    ExampleShape shape;
    shape.failures = false;
    shape.prompt_tokens = {16, 64, 256, 1024};
    const auto swept = page_of(folder / "curves.db", shape);
    ASSERT_TRUE(swept) << swept.error().to_string();
    EXPECT_NE(swept->find("Decode speed by prompt_tokens"), std::string::npos);
    shape.prompt_tokens = {64};
    const auto chosen = page_of(folder / "bars.db", shape);
    ASSERT_TRUE(chosen) << chosen.error().to_string();
    EXPECT_EQ(chosen->find("Decode speed by"), std::string::npos);
    EXPECT_NE(chosen->find("<h3>Decode speed</h3>"), std::string::npos);
}

TEST(Report, OfAnExperimentThatNeverRanSaysSo) {
    const db_test::TemporaryFolder folder;
    const auto store = db_test::store_with_plan(folder / "r.db", 2);
    ASSERT_TRUE(store);
    const auto reader = ResultsReader::open(folder / "r.db");
    ASSERT_TRUE(reader) << reader.error().to_string();
    const auto data = gather_report(**reader, "example");
    ASSERT_TRUE(data) << data.error().to_string();
    const std::string page = render_report(*data, {.generated_at = "now", .program = "tandem"});
    EXPECT_NE(page.find("2 trials, 2 queued · not run yet"), std::string::npos);
    EXPECT_EQ(page.find("<h2>Charts</h2>"), std::string::npos);
}

TEST(Report, OfAnUnknownExperimentNamesTheKnownOnes) {
    const db_test::TemporaryFolder folder;
    const auto store = db_test::store_with_plan(folder / "r.db", 1);
    ASSERT_TRUE(store);
    const auto reader = ResultsReader::open(folder / "r.db");
    ASSERT_TRUE(reader) << reader.error().to_string();
    const auto data = gather_report(**reader, "exampel");
    ASSERT_FALSE(data);
    EXPECT_EQ(data.error().code, "EXPERIMENT_NOT_FOUND");
    EXPECT_NE(data.error().message.find("'example'"), std::string::npos);
}

TEST(TokenGaps, AreMediansOverRepetitionsWithoutWarmUps) {
    std::vector<Observation> observations;
    for (const auto& [repetition, ms] : {std::pair{-1, 100}, std::pair{0, 10}, std::pair{1, 12}, std::pair{2, 50}}) {
        for (std::int64_t index = 0; index < 3; ++index) {
            observations.push_back({.kind = ObservationKind::token,
                                    .time_ns = index * ms * 1'000'000,
                                    .repetition = repetition,
                                    .index = index,
                                    .name = {},
                                    .text = {}});
        }
    }
    EXPECT_EQ(token_gaps(observations), (std::vector<std::pair<double, double>>{{1, 12}, {2, 12}}));
    EXPECT_TRUE(token_gaps({}).empty());
}

TEST(TokenGaps, AreThinnedByMedians) {
    std::vector<std::pair<double, double>> points;
    for (int i = 0; i < 1000; ++i) {
        points.emplace_back(i, i == 500 ? 1e6 : 10);
    }
    const auto kept = thinned(points, 100);
    ASSERT_EQ(kept.size(), 100U);
    for (const auto& [x, y] : kept) {
        EXPECT_EQ(y, 10);
    }
    EXPECT_EQ(thinned(points, 2000).size(), 1000U);
}

TEST(WritingAReport, ReplacesOnlyReports) {
    const db_test::TemporaryFolder folder;
    const fs::path out = folder / "report.html";
    const std::string page = "<!doctype html>\n<meta name=\"generator\" content=\"tandem\">first";
    const auto first = write_report(out, page, Overwrite::only_reports);
    ASSERT_TRUE(first) << first.error().to_string();
    EXPECT_FALSE(*first);
    const auto second = write_report(out, page + " second", Overwrite::only_reports);
    ASSERT_TRUE(second) << second.error().to_string();
    EXPECT_TRUE(*second);
    EXPECT_EQ(test::read_file(out), page + " second");

    const fs::path other = folder / "weights.gguf";
    std::ofstream(other) << "GGUF precious";
    const auto refused = write_report(other, page, Overwrite::only_reports);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "REPORT_WOULD_OVERWRITE");
    EXPECT_EQ(test::read_file(other), "GGUF precious");
    EXPECT_TRUE(write_report(other, page, Overwrite::any_file).ok());
}

TEST(WritingAReport, LeavesNothingBehindWhereItCannot) {
    const db_test::TemporaryFolder folder;
    EXPECT_EQ(write_report(folder.path(), "x", Overwrite::any_file).error().code, "REPORT_WOULD_OVERWRITE");
    const auto missing = write_report(folder / "no" / "such.html", "x", Overwrite::any_file);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "FILE_WRITE");
    EXPECT_EQ(missing.error().kind, ErrorKind::io);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WritingAReport, ThroughALinkReplacesWhatItMeans) {
    const db_test::TemporaryFolder folder;
    const std::string page = "<meta name=\"generator\" content=\"tandem\">";
    ASSERT_TRUE(write_report(folder / "real.html", page, Overwrite::only_reports).ok());
    fs::create_symlink(folder / "real.html", folder / "link.html");
    ASSERT_TRUE(write_report(folder / "link.html", page + "new", Overwrite::only_reports).ok());
    EXPECT_TRUE(fs::is_symlink(folder / "link.html"));
    EXPECT_EQ(test::read_file(folder / "real.html"), page + "new");
}

}  // namespace
}  // namespace tandem::report
