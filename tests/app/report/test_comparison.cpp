#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/report/comparison.h"
#include "tests/app/report/table_rows.h"

namespace tandem::report {
namespace {

ComparedTrial compared(int number, const std::string& dtype, const std::string& governor, std::vector<double> ttft,
                       std::string output) {
    ComparedTrial trial;
    trial.detail.row = report_test::trial_row(number, dtype, 1, {});
    trial.detail.job_json = R"({"load":{"dtype":")" + dtype + R"(","context":0},"seed":1,"workload":{"ids":[1,2]}})";
    trial.detail.environment_json = R"({"cpu":"Example 3000","governor":")" + governor + R"("})";
    trial.detail.metrics = {summarise("ttft_ms", std::move(ttft)), summarise("weights_bytes", {1000})};
    trial.detail.facts = {{"threads", "2"}};
    trial.outputs = {{0, std::move(output)}, {1, "equal"}};
    return trial;
}

TEST(Comparisons, ShowOnlyWhatDiffers) {
    const Comparison found = compare({compared(1, "f32", "powersave", {20, 21, 22}, "Paris is big."),
                                      compared(2, "int8", "performance", {10, 11, 12}, "Paris is old.")});
    std::vector<std::string> causes;
    for (const Cause& cause : found.causes) {
        causes.push_back(cause.group + " " + cause.name);
    }
    // The job's load.dtype repeats the setting's and is said once.
    EXPECT_EQ(causes, (std::vector<std::string>{"settings load.dtype", "machine governor"}));
    EXPECT_TRUE(found.outcomes.empty());
    ASSERT_EQ(found.metrics.size(), 1U);
    EXPECT_EQ(found.metrics[0].name, "ttft_ms");
    EXPECT_EQ(found.metrics[0].differences[0].verdict, Verdict::different);
    EXPECT_EQ(found.equal_metrics, 1U) << "the weights";
    ASSERT_EQ(found.outputs.size(), 1U);
    EXPECT_EQ(found.outputs[0].first_difference[0], 9U);
    EXPECT_EQ(found.equal_outputs, 1U);
}

TEST(Comparisons, PrintCausesBeforeEffects) {
    const std::string text = to_text(compare({compared(1, "f32", "powersave", {20, 21, 22}, "Paris is big."),
                                              compared(2, "int8", "powersave", {10, 11, 12}, "Paris is old.")}),
                                     {});
    EXPECT_LT(text.find("load.dtype"), text.find("first token"));
    EXPECT_NE(text.find("-10.0 [-12.3, -7.7]  0.5238  better"), std::string::npos) << text;
    EXPECT_NE(text.find("Paris is old.  (differs from character 10 on)"), std::string::npos) << text;
}

TEST(Comparisons, OfATrialThatNeverRanDoNotListItsMissingFacts) {
    ComparedTrial failed = compared(2, "f32", "powersave", {}, "");
    failed.detail.row = report_test::failed_row(2);
    failed.detail.metrics.clear();
    failed.detail.facts.clear();
    failed.outputs.clear();
    const Comparison found = compare({compared(1, "f32", "powersave", {20, 21, 22}, "a"), failed});
    EXPECT_TRUE(found.causes.empty());
    ASSERT_EQ(found.outcomes.size(), 2U);
    EXPECT_EQ(found.outcomes[0].values[1], "failed");
    ASSERT_EQ(found.metrics.size(), 2U);
    EXPECT_FALSE(found.metrics[0].differences[0].difference);
}

TEST(Comparisons, AsJsonKeepNumbersAndNulls) {
    const auto json = to_json(compare({compared(1, "f32", "a", {20}, "x"), compared(2, "int8", "a", {10}, "x")}));
    EXPECT_EQ(json["effects"]["metrics"][0]["differences"][0]["difference"], -10.0);
    EXPECT_TRUE(json["effects"]["metrics"][0]["differences"][0]["ci95_low"].is_null());
    EXPECT_EQ(json["effects"]["metrics"][0]["differences"][0]["verdict"], "too few samples");
    EXPECT_EQ(json["causes"][0]["values"][1], "int8");
}

std::vector<ScoredAnswer> answers(int right, int count, double nats = -1) {
    std::vector<ScoredAnswer> list;
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        list.push_back({.source = "q" + number,
                        .target = "t" + number,
                        .answer = i < right ? "t" + number : "wrong",
                        .log_likelihood = nats,
                        .target_tokens = 2});
    }
    return list;
}

TEST(PairedScores, DifferWhereTheIntervalOfTheDifferenceLeavesZeroOut) {
    const Difference better = paired_difference("exact_match", answers(10, 50), answers(40, 50));
    EXPECT_NEAR(*better.difference, 0.6, 1e-12);
    EXPECT_EQ(better.verdict, Verdict::different);
    EXPECT_GT(*better.ci95_low, 0.4);
    EXPECT_LT(*better.ci95_high, 0.8);
    EXPECT_LT(*better.p, 0.05);
    const Difference close = paired_difference("exact_match", answers(40, 50), answers(41, 50));
    EXPECT_EQ(close.verdict, Verdict::not_distinguished);
    EXPECT_EQ(*close.ci95_low, 0);
}

TEST(PairedScores, OfProbabilitiesComeFromTheirLikelihoods) {
    const Difference lower = paired_difference("perplexity", answers(0, 20, -2), answers(0, 20, -1));
    EXPECT_NEAR(*lower.difference, std::exp(0.5) - std::exp(1.0), 1e-12);
    EXPECT_EQ(lower.verdict, Verdict::different);
    auto without = answers(0, 20);
    without[3].log_likelihood = std::nullopt;
    EXPECT_EQ(paired_difference("perplexity", without, answers(0, 20)).verdict, Verdict::unpaired);
}

TEST(PairedScores, OfOtherExamplesAreNotCompared) {
    EXPECT_EQ(paired_difference("exact_match", answers(1, 5), answers(1, 6)).verdict, Verdict::unpaired);
    auto others = answers(1, 5);
    others[4].source = "another";
    EXPECT_EQ(paired_difference("exact_match", answers(1, 5), others).verdict, Verdict::unpaired);
    EXPECT_EQ(paired_difference("exact_match", {}, {}).verdict, Verdict::unpaired);
    EXPECT_EQ(paired_difference("exact_match", answers(1, 1), answers(1, 1)).verdict, Verdict::unknown);
}

TEST(PairedScores, ReadTheArtefactOrNothing) {
    const auto read = [](const std::string& text) { return read_answers(std::as_bytes(std::span(text))); };
    const auto both = read(
        "{\"index\":0,\"source\":\"s\",\"target\":\"t\",\"answer\":\"a\",\"reason\":\"eos\"}\n"
        "{\"source\":\"s\",\"target\":\"t\",\"answer\":\"b\",\"log_likelihood\":-2.5,"
        "\"target_tokens\":3}\n");
    ASSERT_TRUE(both);
    ASSERT_EQ(both->size(), 2U);
    EXPECT_FALSE((*both)[0].log_likelihood);
    EXPECT_EQ((*both)[1].log_likelihood, -2.5);
    EXPECT_EQ((*both)[1].target_tokens, 3U);
    EXPECT_TRUE(read("")->empty());
    EXPECT_FALSE(read("{\"source\":\"s\"}\n"));
    EXPECT_FALSE(read("not JSON"));
}

TEST(Comparisons, OfScoresArePairedByExample) {
    const auto evaluated = [](int number, int right) {
        ComparedTrial trial = compared(number, "f32", "a", {20}, "x");
        MetricSummary score{.name = "exact_match", .n = 50};
        score.mean = right / 50.0;
        trial.detail.metrics.push_back(score);
        trial.answers = answers(right, 50);
        return trial;
    };
    const std::string text = to_text(compare({evaluated(1, 10), evaluated(2, 40)}), {});
    EXPECT_NE(text.find("Exact match"), std::string::npos) << text;
    EXPECT_NE(text.find("+0.6000 [+0."), std::string::npos) << text;
    EXPECT_NE(text.find("better"), std::string::npos) << text;
    ComparedTrial other = evaluated(2, 40);
    other.answers.pop_back();
    const Comparison found = compare({evaluated(1, 10), other});
    EXPECT_EQ(found.metrics.back().differences[0].verdict, Verdict::unpaired);
    EXPECT_NEAR(*found.metrics.back().differences[0].difference, 0.6, 1e-12);
}

TEST(FirstDifference, CountsCharactersNotBytes) {
    EXPECT_EQ(first_difference("éa", "éb"), 1U);
    EXPECT_EQ(first_difference("same", "same"), std::nullopt);
    EXPECT_EQ(first_difference("same", "same and more"), 4U);
    EXPECT_EQ(first_difference("", "x"), 0U);
}

}  // namespace
}  // namespace tandem::report
