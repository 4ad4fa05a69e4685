#include "engine/run_answers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/benchmark/derive.h"
#include "engine/run_evaluate.h"
#include "tests/support/fake_system.h"
#include "tests/support/recording_observer.h"
#include "tests/support/stepping_clock.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

using test::FakeSystem;
using test::FakeTokenizer;

class RunAnswers : public ::testing::Test {
protected:
    AnswerContext context(const System& system) {
        return {.system = system, .recorder = recorder, .machine = machine, .stop = stop.get_token(), .seed = 1};
    }
    MetricSummary metric(std::string_view name) const {
        for (MetricSummary& m : recorder.report().metrics) {
            if (m.name == name) {
                return m;
            }
        }
        return {};
    }
    std::vector<nlohmann::json> answers_file() {
        const auto& bytes = observer.artefacts["answers.jsonl"];
        std::istringstream text(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        std::vector<nlohmann::json> lines;
        for (std::string line; std::getline(text, line);) {
            lines.push_back(nlohmann::json::parse(line));
        }
        return lines;
    }

    const std::vector<TextPair> pairs{
        {"one", "the first text", 1}, {"two", "the second text", 2}, {"three", "the third text", 4}};
    // Two of three are right; of the wrong one two words of three are.
    const std::map<std::string, std::string> known{
        {"one", "the first text"}, {"two", "the second text"}, {"three", "the other text"}};
    test::RecordingObserver observer;
    test::SteppingClock clock;
    TrialRecorder recorder{observer, clock};
    MachineSampler machine{recorder};
    std::stop_source stop;
};

TEST_F(RunAnswers, known_answers_have_the_scores_that_they_are_worth) {
    const FakeSystem system(known);
    const TaskOptions task{.scores = {"exact_match", "rouge1", "bleu"}, .resamples = 200};
    const auto evaluated = evaluate_answers(task, pairs, context(system));
    ASSERT_TRUE(evaluated.ok()) << evaluated.error().to_string();
    ASSERT_EQ(evaluated->scores.size(), 3u);
    EXPECT_DOUBLE_EQ(evaluated->scores[0].score.value, 2.0 / 3);
    EXPECT_DOUBLE_EQ(evaluated->scores[1].score.value, (1 + 1 + 2.0 / 3) / 3);
    EXPECT_EQ(evaluated->answers[2].text, "the other text");
    EXPECT_EQ(evaluated->answers[2].reason, StopReason::eos);

    const MetricSummary exact = metric("exact_match");
    EXPECT_EQ(exact.n, 3);
    EXPECT_EQ(exact.mean, evaluated->scores[0].score.value);
    EXPECT_LE(*exact.ci95_low, *exact.mean);
    EXPECT_GE(*exact.ci95_high, *exact.mean);
    EXPECT_TRUE(exact.samples.empty());
    EXPECT_FALSE(exact.sd);
    EXPECT_EQ(metric("bleu").mean, evaluated->scores[2].score.value);
}

TEST_F(RunAnswers, every_example_is_a_repetition_in_one_session_that_has_room_for_the_longest) {
    const FakeSystem system(known);
    const TaskOptions task{.scores = {"exact_match"}, .generation = {.max_new_tokens = 20}};
    ASSERT_TRUE(evaluate_answers(task, pairs, context(system)).ok());
    EXPECT_EQ(system.opened, (std::vector<std::int64_t>{5 + 20}));
    EXPECT_EQ(metric("kv_cache_bytes").mean, 25 * 8);
    EXPECT_EQ(metric("ttft_ms").n, 3);
    EXPECT_EQ(metric("end_to_end_ms").n, 3);
    EXPECT_EQ(observer.tokens(1).size(), std::string("the second text").size() + 1);
    EXPECT_EQ(observer.of(ObservationKind::output).size(), 3u);
    EXPECT_EQ(observer.of(ObservationKind::preview).size(), 0u);
}

TEST_F(RunAnswers, room_that_was_found_before_is_the_sessions) {
    const FakeSystem system(known);
    AnswerContext wide = context(system);
    wide.room.cache = 64;
    ASSERT_TRUE(evaluate_answers({.scores = {}}, pairs, wide).ok());
    EXPECT_EQ(system.opened, (std::vector<std::int64_t>{64}));
}

TEST_F(RunAnswers, a_source_that_does_not_fit_is_refused_by_its_number) {
    const FakeSystem system(known, 24);
    const TaskOptions task{.scores = {}, .generation = {.max_new_tokens = 20}};
    const auto refused = evaluate_answers(task, pairs, context(system));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().where, "example 3");
    EXPECT_TRUE(observer.observations.empty());
}

TEST_F(RunAnswers, the_artefact_says_each_pair_with_its_answer) {
    const std::map<std::string, std::string> quoted{{"one", "\"quoted\"\n"}};
    const FakeSystem system(quoted);
    const TaskOptions task{.scores = {"exact_match"}, .generation = {.max_new_tokens = 4}};
    ASSERT_TRUE(evaluate_answers(task, pairs, context(system)).ok());
    const auto lines = answers_file();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(
        lines[0],
        (nlohmann::json{
            {"index", 0}, {"source", "one"}, {"target", "the first text"}, {"answer", "\"quo"}, {"reason", "length"}}));
    EXPECT_EQ(lines[1]["answer"], "");
    EXPECT_EQ(lines[1]["reason"], "eos");
}

TEST_F(RunAnswers, perplexity_is_of_the_targets_with_their_end_of_text) {
    const FakeSystem system(known);
    const TaskOptions task{.scores = {"perplexity", "bits_per_byte"}, .resamples = 100};
    const auto evaluated = evaluate_answers(task, pairs, context(system));
    ASSERT_TRUE(evaluated.ok()) << evaluated.error().to_string();
    EXPECT_DOUBLE_EQ(evaluated->scores[0].score.value, std::exp(0.5));
    // 14 + 15 + 14 bytes, and one more token each.
    EXPECT_DOUBLE_EQ(evaluated->scores[1].score.value, 0.5 * 46 / (43 * std::log(2.0)));
    ASSERT_EQ(system.targets.size(), 3u);
    EXPECT_EQ(system.targets[0].size(), 15u);
    EXPECT_EQ(system.targets[0].back(), FakeTokenizer::end_of_text);
    EXPECT_EQ(answers_file()[0]["target_tokens"], 15);
    EXPECT_EQ(answers_file()[0]["log_likelihood"], -7.5);
    EXPECT_EQ(metric("perplexity").n, 3);
}

TEST_F(RunAnswers, a_method_without_probabilities_leaves_their_scores_out_and_says_so) {
    FakeSystem system(known);
    system.nats_per_token = std::numeric_limits<double>::quiet_NaN();
    const TaskOptions task{.scores = {"perplexity", "exact_match"}};
    const auto evaluated = evaluate_answers(task, pairs, context(system));
    ASSERT_TRUE(evaluated.ok()) << evaluated.error().to_string();
    ASSERT_EQ(evaluated->scores.size(), 1u);
    EXPECT_EQ(evaluated->scores[0].name, "exact_match");
    ASSERT_EQ(observer.of(ObservationKind::note).size(), 1u);
    EXPECT_EQ(observer.of(ObservationKind::note)[0].name, "score_undefined");
    EXPECT_EQ(system.targets.size(), 1u);
}

TEST_F(RunAnswers, one_example_or_no_resamples_give_a_score_without_an_interval) {
    const FakeSystem system(known);
    ASSERT_TRUE(evaluate_answers({.scores = {"rouge1"}}, std::span(pairs).first(1), context(system)).ok());
    EXPECT_EQ(metric("rouge1").n, 1);
    EXPECT_FALSE(metric("rouge1").ci95_low);
    ASSERT_TRUE(evaluate_answers({.scores = {"rouge2"}, .resamples = 0}, pairs, context(system)).ok());
    EXPECT_EQ(metric("rouge2").n, 3);
    EXPECT_FALSE(metric("rouge2").ci95_low);
}

TEST_F(RunAnswers, a_name_with_options_keeps_them_in_the_metric_and_in_the_signature) {
    const FakeSystem system(known);
    ASSERT_TRUE(evaluate_answers({.scores = {"bleu:tok=char", "bleu"}}, pairs, context(system)).ok());
    EXPECT_TRUE(metric("bleu:tok=char").mean);
    EXPECT_TRUE(metric("bleu").mean);
    const auto scores = observer.of(ObservationKind::score);
    ASSERT_EQ(scores.size(), 2u);
    EXPECT_EQ(scores[0].index, -1);
    EXPECT_NE(scores[0].text.find("tok:char"), std::string::npos) << scores[0].text;
}

TEST_F(RunAnswers, stopped_between_tokens_is_cancelled_with_what_was_said_so_far) {
    const FakeSystem system(known);
    observer.on_observation = [&](const Observation& o) {
        if (o.kind == ObservationKind::token && o.repetition == 1 && o.index == 2) {
            stop.request_stop();
        }
    };
    const auto evaluated = evaluate_answers({.scores = {"exact_match"}}, pairs, context(system));
    ASSERT_FALSE(evaluated.ok());
    EXPECT_EQ(evaluated.error().code, "CANCELLED");
    EXPECT_EQ(observer.of(ObservationKind::output).back().text, "the");
    EXPECT_TRUE(observer.of(ObservationKind::score).empty());
}

TEST_F(RunAnswers, a_validation_records_previews_and_scores_of_its_step_and_nothing_else) {
    const FakeSystem system(known);
    const auto validated =
        validate_answers({}, pairs, {.step = 40, .previews = 2, .scores = {"exact_match"}}, context(system));
    ASSERT_TRUE(validated.ok()) << validated.error().to_string();
    EXPECT_DOUBLE_EQ(validated->scores[0].score.value, 2.0 / 3);
    ASSERT_EQ(observer.observations.size(), 3u);
    EXPECT_EQ(observer.observations[1].kind, ObservationKind::preview);
    EXPECT_EQ(observer.observations[1].repetition, 1);
    EXPECT_EQ(observer.observations[1].index, 40);
    EXPECT_EQ(observer.observations[1].text, "the second text");
    EXPECT_EQ(observer.observations[2].kind, ObservationKind::score);
    EXPECT_EQ(observer.observations[2].index, 40);
    EXPECT_TRUE(observer.artefacts.empty());
    EXPECT_FALSE(metric("exact_match").mean);  // of a step, not of the end
}

TEST_F(RunAnswers, a_validation_without_scores_answers_only_what_it_shows) {
    const FakeSystem system(known);
    const auto validated = validate_answers({}, pairs, {.step = 1, .previews = 1}, context(system));
    ASSERT_TRUE(validated.ok());
    EXPECT_EQ(validated->answers.size(), 1u);
    ASSERT_TRUE(validate_answers({}, pairs, {.step = 2}, context(system)).ok());
    EXPECT_EQ(system.opened.size(), 1u);
}

class PrepareTask : public ::testing::Test {
protected:
    std::string file(const std::string& text) {
        std::ofstream(folder / "test.jsonl") << text;
        return (folder / "test.jsonl").string();
    }
    static Result<Positions> fits(std::string_view source) {
        if (source.size() > 10) {
            return Error{.code = "CONTEXT_TOO_LONG", .message = "too long"};
        }
        return Positions{.cache = static_cast<std::int64_t>(source.size())};
    }

    test::TemporaryFolder folder;
};

TEST_F(PrepareTask, the_first_rows_are_read_and_the_longest_counts) {
    const std::string path = file(
        "{\"source\": \"a\", \"target\": \"b\"}\n{\"source\": \"abc\", \"target\": \"b\"}\n"
        "{\"source\": \"abcdefghijklmnop\", \"target\": \"b\"}\n");
    const auto prepared = prepare_task({.test = {.path = path}, .test_rows = 2}, fits);
    ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
    EXPECT_EQ(prepared->pairs.size(), 2u);
    EXPECT_EQ(prepared->positions.cache, 3);
}

TEST_F(PrepareTask, a_prompt_that_is_too_long_is_refused_by_example_and_line) {
    const std::string path =
        file("\n{\"source\": \"a\", \"target\": \"b\"}\n{\"source\": \"abcdefghijklmnop\", \"target\": \"b\"}\n");
    const auto prepared = prepare_task({.test = {.path = path}}, fits);
    ASSERT_FALSE(prepared.ok());
    EXPECT_EQ(prepared.error().code, "CONTEXT_TOO_LONG");
    EXPECT_EQ(prepared.error().where, path + ":3, example 2");
}

TEST_F(PrepareTask, scores_are_looked_at_before_the_data) {
    EXPECT_EQ(prepare_task({.test = {.path = "/nowhere"}, .scores = {"blue"}}, fits).error().code, "SCORE_UNKNOWN");
    EXPECT_EQ(prepare_task({.test = {.path = "/nowhere"}, .scores = {"bleu:tok=none:x=1"}}, fits).error().code,
              "SCORE_OPTION");
    EXPECT_EQ(prepare_task({.test = {.path = "/nowhere"}, .scores = {"bleu", "bleu"}}, fits).error().code,
              "SCORE_TWICE");
    EXPECT_EQ(prepare_task({}, fits).error().code, "DATA_NONE");
    EXPECT_EQ(prepare_task({.test = {.path = file("{\"source\": 1}\n")}}, fits).error().code, "DATA_TYPE");
}

}  // namespace
}  // namespace tandem
