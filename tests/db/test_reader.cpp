#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "db/queries/queries.h"
#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

class Reader : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "results.db";
    std::unique_ptr<Store> store_ = store_with_plan(path_, 4);
    std::unique_ptr<ResultsReader> reader_;

    void store(std::vector<TrialEvent> events) {
        for (TrialEvent& event : events) {
            ASSERT_TRUE(store_->submit(std::move(event)).ok());
        }
        ASSERT_TRUE(store_->flush().ok());
    }

    void SetUp() override {
        ASSERT_TRUE(store_->close_abandoned_attempts().ok());
        TrialEvent artefact = started(trial_id(0), 1, 5);
        artefact.body =
            ArtefactProduced{"a.bin", "application/octet-stream", {std::byte{1}, std::byte{0}, std::byte{2}}};
        TrialEvent strange = token(trial_id(0), 1, 3, std::string("nul \0 and \xff", 11));
        std::get<Observation>(strange.body).value = std::numeric_limits<double>::quiet_NaN();
        store({started(trial_id(0), 1), token(trial_id(0), 1, 2), strange, log_line(trial_id(0), 1, 4, "loading"),
               artefact, done(trial_id(0), 1, 6)});
        store({started(trial_id(1), 1), failed(trial_id(1), 1, 2), started(trial_id(1), 2), token(trial_id(1), 2, 2),
               failed(trial_id(1), 2, 3)});
        store({started(trial_id(2), 1)});
        auto opened = ResultsReader::open(path_);
        ASSERT_TRUE(opened.ok()) << opened.error().to_string();
        reader_ = std::move(*opened);
    }
};

TEST_F(Reader, lists_experiments_with_counts) {
    const auto rows = reader_->experiments();
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().name, "example");
    EXPECT_EQ(rows->front().trials, 4);
    EXPECT_EQ(rows->front().done, 1);
    EXPECT_EQ(rows->front().failed, 1);
    EXPECT_EQ(rows->front().created_at.size(), 20U);
}

TEST_F(Reader, lists_trials_in_plan_order_with_state_and_metrics) {
    const auto rows = reader_->trials({});
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 4U);
    const TrialRow& row = rows->at(0);
    EXPECT_EQ(row.state, "done");
    EXPECT_EQ(row.seed, 18446744073709551615U);
    EXPECT_EQ(row.settings.at(1), (std::pair<std::string, std::string>{"load.dtype", "int8"}));
    EXPECT_EQ(row.metrics.at("ttft_ms").mean, 12.5);
    EXPECT_FALSE(row.metrics.at("ttft_ms").p90.has_value());
    EXPECT_TRUE(row.metrics.at("ttft_ms").samples.empty());
    EXPECT_EQ(row.finished_at, "2026-11-18T11:06:40Z");
    EXPECT_EQ(rows->at(1).state, "failed");
    EXPECT_EQ(rows->at(1).attempts, 2);
    EXPECT_EQ(rows->at(1).error_code, "WORKER_KILLED");
    EXPECT_EQ(rows->at(2).state, "running");
    EXPECT_EQ(rows->at(3).state, "queued");
    EXPECT_EQ(rows->at(3).started_at, "");
}

TEST_F(Reader, what_a_process_left_running_when_it_died_is_told_as_interrupted) {
    EXPECT_EQ(reader_->attempts(trial_id(2))->at(0).state, "running");
    store_.reset();
    const auto rows = reader_->trials({});
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->at(2).state, "failed");
    EXPECT_EQ(rows->at(2).error_code, "INTERRUPTED");
    EXPECT_EQ(rows->at(3).state, "queued");
    EXPECT_EQ(reader_->trial(trial_id(2))->row.error_code, "INTERRUPTED");
    EXPECT_EQ(reader_->attempts(trial_id(2))->at(0).state, "failed");
    EXPECT_EQ(reader_->experiments()->front().failed, 2);
    EXPECT_EQ(query_integer(path_, "SELECT count(*) FROM attempts WHERE state = 'running'"),
              1);  // reading stores nothing
}

TEST_F(Reader, filters_and_experiments_narrow_the_list) {
    EXPECT_EQ(reader_->trials({.experiment = "example", .filters = *parse_filters("state=failed")})->size(), 1U);
    EXPECT_EQ(reader_->trials({.experiment = "example", .filters = {}})->at(0).metrics.size(), 2U);
    EXPECT_TRUE(reader_->trials({.experiment = "' OR 1=1 --", .filters = {}})->empty());
    EXPECT_EQ(reader_->trials({{}, *parse_filters("colour=red")}).error().code, "QUERY_FILTER");
}

TEST_F(Reader, a_trial_is_listed_once_under_the_newest_experiment_that_means_it) {
    ExperimentSpec second = example_spec("second");
    Plan plan = example_plan(2);
    plan.trials[0].model = "renamed";
    ASSERT_TRUE(store_->record_plan(second, plan).ok());
    const auto rows = reader_->trials({});
    ASSERT_EQ(rows->size(), 4U);
    EXPECT_EQ(rows->at(2).experiment, "second");
    EXPECT_EQ(rows->at(2).model, "renamed");
    EXPECT_EQ(reader_->trials({.experiment = "example", .filters = {}})->size(), 4U);
    EXPECT_EQ(query_integer(path_, "SELECT count(*) FROM v_results"), 4);
}

TEST_F(Reader, a_trial_is_found_by_any_clear_beginning_of_its_id) {
    const auto detail = reader_->trial("00000000");
    ASSERT_TRUE(detail.ok()) << detail.error().to_string();
    EXPECT_EQ(detail->row.id, trial_id(0));
    EXPECT_EQ(detail->metrics.at(0).name, "ttft_ms");
    EXPECT_EQ(detail->metrics.at(0).samples, (std::vector<double>{12.0, 13.0}));
    EXPECT_EQ(detail->facts.at(0).value, "int8");
    EXPECT_EQ(detail->artefacts.at(0), (std::pair<std::string, std::int64_t>{"a.bin", 3}));
    EXPECT_EQ(detail->log, "loading\n");
    EXPECT_NE(detail->environment_json.find("Example 3000"), std::string::npos);
    EXPECT_NE(detail->job_json.find("\"null\""), std::string::npos);
    EXPECT_EQ(reader_->trial("0000000").error().code, "TRIAL_AMBIGUOUS");
    for (const char* id : {"", "f", "nonsense", "0000000000000001", "' OR 1=1 --"}) {
        EXPECT_EQ(reader_->trial(id).error().code, "TRIAL_NOT_FOUND") << id;
    }
}

TEST_F(Reader, scores_and_previews_come_back_and_a_score_is_a_metric_to_filter_by) {
    const std::string trial = trial_id(3);
    TrialEvent score = token(trial, 1, 2);
    score.body = Observation{.kind = ObservationKind::score,
                             .index = -1,
                             .name = "bleu:tok=zh",
                             .value = 21.5,
                             .text = R"({"n":2,"low":20,"high":23,"signature":"s"})"};
    TrialEvent preview = token(trial, 1, 3);
    preview.body =
        Observation{.kind = ObservationKind::preview, .repetition = 1, .index = 40, .name = "eos", .text = "answer"};
    TrialEvent end = done(trial, 1, 4);
    MetricSummary metric{.name = "bleu:tok=zh", .n = 2};
    metric.mean = 21.5;
    metric.ci95_low = 20;
    metric.ci95_high = 23;
    std::get<AttemptDone>(end.body).report.metrics.push_back(metric);
    store({started(trial, 1), score, preview, end});
    const auto rows = reader_->observations(trial);
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(0).kind, ObservationKind::score);
    EXPECT_EQ(rows->at(0).index, -1);
    EXPECT_EQ(rows->at(0).text, R"({"n":2,"low":20,"high":23,"signature":"s"})");
    EXPECT_EQ(rows->at(1).kind, ObservationKind::preview);
    EXPECT_EQ(rows->at(1).index, 40);
    const auto found = reader_->trials({{}, *parse_filters(R"("bleu:tok=zh">21)")});
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().metrics.at("bleu:tok=zh").ci95_high, 23);
    EXPECT_FALSE(found->front().metrics.at("bleu:tok=zh").sd);
}

TEST_F(Reader, a_trainings_steps_and_previews_come_of_all_its_attempts_and_of_one_that_runs) {
    const std::string trial = trial_id(3);
    const auto told = [&](std::int64_t attempt, std::uint64_t sequence, Observation observation) {
        TrialEvent event = token(trial, attempt, sequence);
        event.body = std::move(observation);
        return event;
    };
    const auto sample = [](const char* name, std::int64_t step, double value) {
        return Observation{.kind = ObservationKind::sample, .index = step, .name = name, .value = value};
    };
    store({started(trial, 1), told(1, 2, sample("train_loss", 1, 4.5)), told(1, 3, sample("rss_bytes", 0, 1e9)),
           told(1, 4, {.kind = ObservationKind::score, .index = 1, .name = "bleu", .value = 1}), token(trial, 1, 5),
           failed(trial, 1, 6), started(trial, 2), told(2, 2, sample("train_steps", 2, 9)),
           told(2, 3, sample("train_loss", 2, std::numeric_limits<double>::quiet_NaN())),
           told(2, 4, {.kind = ObservationKind::preview, .repetition = 1, .index = 2, .name = "eos", .text = "answer"}),
           told(2, 5, sample("validation_loss", 2, 4.25))});
    const auto rows = reader_->training(trial);
    ASSERT_TRUE(rows.ok()) << rows.error().to_string();
    ASSERT_EQ(rows->size(), 5U);
    EXPECT_EQ(rows->at(0).attempt, 1);
    EXPECT_EQ(rows->at(0).observation.name, "train_loss");
    EXPECT_EQ(rows->at(0).observation.value, 4.5);
    EXPECT_EQ(rows->at(1).attempt, 2);
    EXPECT_EQ(rows->at(1).observation.name, "train_steps");
    EXPECT_TRUE(std::isnan(rows->at(2).observation.value));
    EXPECT_EQ(rows->at(3).observation.kind, ObservationKind::preview);
    EXPECT_EQ(rows->at(3).observation.repetition, 1);
    EXPECT_EQ(rows->at(3).observation.text, "answer");
    EXPECT_EQ(rows->at(4).observation.index, 2);
    EXPECT_TRUE(reader_->training(trial_id(0))->empty());
    EXPECT_EQ(reader_->training("0").error().code, reader_->trial("0").error().code);
}

TEST_F(Reader, observations_come_back_as_they_were_sent) {
    const auto rows = reader_->observations(trial_id(0));
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(0).time_ns, 2'000'000);
    EXPECT_EQ(rows->at(0).kind, ObservationKind::token);
    EXPECT_EQ(rows->at(0).value, 7);
    EXPECT_TRUE(std::isnan(rows->at(1).value));
    EXPECT_EQ(rows->at(1).text, std::string("nul \0 and \xff", 11));
    EXPECT_EQ(reader_->observations(trial_id(1))->size(), 1U);  // of the failed attempt: none finished
    EXPECT_TRUE(reader_->observations(trial_id(3))->empty());
}

TEST_F(Reader, attempts_keep_their_own_errors) {
    const auto rows = reader_->attempts(trial_id(1));
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(1).attempt, 2);
    EXPECT_EQ(rows->at(0).error_message, "the worker was killed by signal 9");
}

TEST_F(Reader, artefacts_come_back_byte_for_byte) {
    EXPECT_EQ(*reader_->artefact(trial_id(0), "a.bin"),
              (std::vector<std::byte>{std::byte{1}, std::byte{0}, std::byte{2}}));
    EXPECT_EQ(reader_->artefact(trial_id(0), "b.bin").error().code, "ARTEFACT_NOT_FOUND");
}

TEST_F(Reader, a_contradiction_is_told_in_the_log) {
    store({token(trial_id(2), 1, 2, "one"), token(trial_id(2), 1, 2, "two")});
    EXPECT_NE(reader_->trial("00000002")->log.find("DB_INTEGRITY: event 2 (token)"), std::string::npos);
}

}  // namespace
}  // namespace tandem::db_test
