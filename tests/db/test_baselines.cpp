// What the reader derives of a trial and the one that it is compared with, from a database.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "db/queries/queries.h"
#include "engine/benchmark/statistics.h"
#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

// Trial 0 is the large model alone, 1 a guided one, 2 a drafted one, 3 a small model alone; all against 0.
class Baselines : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "results.db";
    std::unique_ptr<Store> store_;

    void SetUp() override {
        auto store = Store::open(path_);
        ASSERT_TRUE(store) << store.error().to_string();
        store_ = std::move(*store);
        plan(example_spec(), "alone");
    }

    void plan(const ExperimentSpec& spec, const std::string& baseline) {
        Plan plan = example_plan(4);
        plan.trials[0].pairing = "alone";
        for (std::size_t i = 1; i < plan.trials.size(); ++i) {
            plan.trials[i].pairing = std::array{"", "guided", "drafted", "small"}[i];
            plan.trials[i].partner = i == 3 ? "" : "large";
            plan.trials[i].baseline = baseline;
            plan.trials[i].baseline_trial = baseline.empty() ? "" : trial_id(0);
        }
        ASSERT_TRUE(store_->record_plan(spec, plan).ok());
    }

    void finish(int trial, double ms, std::vector<Fact> facts, std::int64_t attempt = 1) {
        Report report;
        report.metrics = {summarise("end_to_end_ms", {ms * 0.99, ms, ms * 1.01}),
                          summarise("ttft_ms", {ms / 4, ms / 4.1}), summarise("peak_rss_bytes", {ms * 10, ms * 11})};
        report.facts = std::move(facts);
        TrialEvent end = done(trial_id(trial), attempt, 2);
        end.body = AttemptDone{std::move(report)};
        ASSERT_TRUE(store_->submit(started(trial_id(trial), attempt)).ok());
        ASSERT_TRUE(store_->submit(std::move(end)).ok());
        ASSERT_TRUE(store_->flush().ok());
    }

    std::vector<TrialRow> rows(const std::string& where = "") {
        auto reader = ResultsReader::open(path_);
        EXPECT_TRUE(reader) << reader.error().to_string();
        const auto filters = parse_filters(where);
        auto rows = (*reader)->trials({.experiment = {}, .filters = *filters});
        EXPECT_TRUE(rows) << rows.error().to_string();
        return *rows;
    }
};

double mean(const TrialRow& row, const std::string& metric) {
    const auto found = row.metrics.find(metric);
    return found == row.metrics.end() || !found->second.mean ? std::nan("") : *found->second.mean;
}

TEST_F(Baselines, give_ratios_of_time_memory_and_size) {
    finish(0, 400, {{"parameters", "1000"}});
    finish(1, 100,
           {{"method", "llm-to-slm"}, {"parameters", "50"}, {"partner_parameters", "1000"}, {"new_tokens", "25"}});
    finish(2, 200, {{"method", "speculative"}, {"parameters", "1000"}, {"partner_parameters", "100"}});
    finish(3, 50, {{"parameters", "40"}});
    const auto all = rows();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(std::isnan(mean(all[0], "speedup"))) << "the baseline itself has none";
    EXPECT_NEAR(mean(all[1], "speedup"), 4, 1e-9);
    EXPECT_NEAR(mean(all[1], "ttft_speedup"), 4, 1e-9);
    EXPECT_TRUE(std::isnan(mean(all[1], "tpot_speedup"))) << "neither has the time";
    EXPECT_NEAR(mean(all[1], "peak_rss_ratio"), 0.25, 1e-9);
    EXPECT_FALSE(all[1].metrics.at("peak_rss_ratio").ci95_low);
    const MetricSummary& speedup = all[1].metrics.at("speedup");
    EXPECT_EQ(speedup.n, 3);
    EXPECT_LT(*speedup.ci95_low, 4);
    EXPECT_GT(*speedup.ci95_high, 4);
    EXPECT_DOUBLE_EQ(mean(all[1], "size_ratio"), 20);
    EXPECT_DOUBLE_EQ(mean(all[2], "size_ratio"), 10);
    EXPECT_DOUBLE_EQ(mean(all[3], "size_ratio"), 25);
    EXPECT_EQ(all[1].new_tokens, 25);
    EXPECT_EQ(all[1].partner, "large");
    EXPECT_EQ(all[1].baseline, "alone");
}

TEST_F(Baselines, that_failed_or_did_not_run_give_none) {
    finish(1, 100, {});
    ASSERT_TRUE(store_->submit(started(trial_id(0), 1)).ok());
    ASSERT_TRUE(store_->submit(failed(trial_id(0), 1, 2)).ok());
    ASSERT_TRUE(store_->flush().ok());
    const auto all = rows();
    EXPECT_TRUE(std::isnan(mean(all[1], "speedup")));
    EXPECT_FALSE(std::isnan(mean(all[1], "end_to_end_ms")));
    EXPECT_TRUE(std::isnan(mean(all[2], "speedup")));
}

TEST_F(Baselines, need_not_be_among_the_rows_asked_for) {
    finish(0, 400, {});
    finish(1, 100, {});
    const auto filtered = rows("pairing=guided,speedup>3");
    ASSERT_EQ(filtered.size(), 1U);
    EXPECT_NEAR(mean(filtered[0], "speedup"), 4, 1e-9);
    auto reader = ResultsReader::open(path_);
    ASSERT_TRUE(reader);
    const auto detail = (*reader)->trial(trial_id(1));
    ASSERT_TRUE(detail);
    EXPECT_NEAR(mean(detail->row, "speedup"), 4, 1e-9);
}

TEST_F(Baselines, count_by_their_newest_finished_attempt) {
    finish(0, 400, {});
    finish(1, 100, {});
    finish(0, 300, {}, 2);
    EXPECT_NEAR(mean(rows()[1], "speedup"), 3, 1e-9);
}

TEST_F(Baselines, of_a_plan_made_before_come_with_the_next_one) {
    plan(example_spec(), "");
    finish(0, 400, {});
    finish(1, 100, {});
    EXPECT_TRUE(std::isnan(mean(rows()[1], "speedup")));
    plan(example_spec(), "alone");
    EXPECT_NEAR(mean(rows()[1], "speedup"), 4, 1e-9);
    EXPECT_EQ(query_integer(path_, "SELECT count(*) FROM experiment_trials"), 4);
}

TEST_F(Baselines, are_in_a_view_of_their_own) {
    finish(0, 400, {});
    finish(1, 100, {});
    EXPECT_EQ(
        query_text(path_, "SELECT pairing || ' ' || round(ratio, 3) FROM v_speedup WHERE metric = 'end_to_end_ms'"),
        "guided 4.0");
}

}  // namespace
}  // namespace tandem::db_test
