#include <gtest/gtest.h>

#include "db/queries/filters.h"

namespace tandem {
namespace {

TrialRow example_row() {
    TrialRow row;
    row.id = std::string(64, 'a');
    row.model = "SmolLM2-135M";
    row.state = "done";
    row.seed = 18446744073709551615U;
    row.settings = {{"load.dtype", "int8"}, {"workloads.speed.prompt_tokens", "128"}};
    row.finished_at = "2026-11-24T10:00:00Z";
    row.metrics["ttft_ms"] = {.name = "ttft_ms", .n = 5, .mean = 49.5};
    row.metrics["energy_joules"] = {.name = "energy_joules"};
    return row;
}

bool holds(const std::string& text) {
    const auto filters = parse_filters(text);
    EXPECT_TRUE(filters.ok()) << text;
    bool all = true;
    for (const Filter& filter : *filters) {
        all = all && db::matches(example_row(), filter);
    }
    return all;
}

TEST(Filters, are_conditions_joined_by_commas) {
    const auto filters = parse_filters("state=done, model ~ smol ,ttft_ms<=50");
    ASSERT_TRUE(filters.ok());
    ASSERT_EQ(filters->size(), 3U);
    EXPECT_EQ((*filters)[1].key, "model");
    EXPECT_EQ((*filters)[1].op, "~");
    EXPECT_EQ((*filters)[1].value, "smol");
    EXPECT_EQ((*filters)[2].op, "<=");
    EXPECT_TRUE(parse_filters("")->empty());
}

TEST(Filters, a_quoted_key_may_hold_operators) {
    const auto filters = parse_filters(R"("bleu:tok=zh" >= 20,chrf++<3)");
    ASSERT_TRUE(filters.ok());
    EXPECT_EQ((*filters)[0].key, "bleu:tok=zh");
    EXPECT_EQ((*filters)[0].op, ">=");
    EXPECT_EQ((*filters)[0].value, "20");
    EXPECT_EQ((*filters)[1].key, "chrf++");
    EXPECT_FALSE(parse_filters(R"("">1)").ok());
    EXPECT_FALSE(parse_filters(R"("open>1)").ok());
}

TEST(Filters, a_quoted_value_may_hold_commas) {
    const auto filters = parse_filters(R"(error_message~"a, b",state!="")");
    ASSERT_TRUE(filters.ok());
    EXPECT_EQ((*filters)[0].value, "a, b");
    EXPECT_EQ((*filters)[1].value, "");
}

TEST(Filters, malformed_text_is_refused_with_the_part_that_is_wrong) {
    for (const char* text :
         {"state", "=done", "state=done,", "state:done", "a b=c", "x=\"open", "'; DROP TABLE trials"}) {
        const auto filters = parse_filters(text);
        ASSERT_FALSE(filters.ok()) << text;
        EXPECT_EQ(filters.error().code, "QUERY_FILTER");
        EXPECT_FALSE(filters.error().where.empty());
    }
}

TEST(Filters, compare_columns_settings_and_metrics) {
    EXPECT_TRUE(holds("state=done,model~smol,ttft_ms<50"));
    EXPECT_TRUE(holds("prompt_tokens>=128,load.dtype=int8,dtype!=int4"));
    EXPECT_TRUE(holds("prompt_tokens<1000"));  // as numbers; as text 128 < 1000 would fail
    EXPECT_TRUE(holds("seed=18446744073709551615"));
    EXPECT_TRUE(holds("finished_at>2026-11-01"));
    EXPECT_FALSE(holds("ttft_ms>49.5"));
    EXPECT_FALSE(holds("state!=done"));
}

TEST(Filters, a_row_without_the_key_never_matches) {
    EXPECT_FALSE(holds("energy_joules<100"));
    EXPECT_FALSE(holds("energy_joules!=100"));
}

TEST(Filters, a_word_that_nothing_has_is_refused_with_the_known_ones) {
    std::vector<TrialRow> rows{example_row()};
    const auto refused = db::apply_filters(rows, *parse_filters("promt_tokens=128"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "QUERY_FILTER");
    EXPECT_NE(refused.error().message.find("workloads.speed.prompt_tokens"), std::string::npos);
    EXPECT_TRUE(db::apply_filters(rows, *parse_filters("load_ms<10")).ok());  // known, though not measured here
    EXPECT_TRUE(rows.empty());
}

TEST(Filters, a_metric_is_compared_with_numbers_only) {
    for (const char* text : {"ttft_ms<abc", "ttft_ms=50ms", "load_ms>"}) {
        std::vector<TrialRow> rows{example_row()};
        const auto refused = db::apply_filters(rows, *parse_filters(text));
        ASSERT_FALSE(refused.ok()) << text;
        EXPECT_EQ(refused.error().code, "QUERY_FILTER");
        EXPECT_NE(refused.error().message.find("is a number"), std::string::npos) << refused.error().message;
        EXPECT_EQ(rows.size(), 1U);
    }
}

}  // namespace
}  // namespace tandem
