#include <gtest/gtest.h>

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

TEST(FirstDifference, CountsCharactersNotBytes) {
    EXPECT_EQ(first_difference("éa", "éb"), 1U);
    EXPECT_EQ(first_difference("same", "same"), std::nullopt);
    EXPECT_EQ(first_difference("same", "same and more"), 4U);
    EXPECT_EQ(first_difference("", "x"), 0U);
}

}  // namespace
}  // namespace tandem::report
