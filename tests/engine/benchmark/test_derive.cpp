#include "engine/benchmark/derive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tandem {
namespace {

constexpr std::int64_t ms = 1'000'000;

class Trial {
public:
    void phase(const std::string& name, std::int64_t repetition, std::int64_t begin_ms, std::int64_t end_ms) {
        seen.push_back(
            {.kind = ObservationKind::phase_begin, .time_ns = begin_ms * ms, .repetition = repetition, .name = name});
        seen.push_back(
            {.kind = ObservationKind::phase_end, .time_ns = end_ms * ms, .repetition = repetition, .name = name});
    }
    void token(std::int64_t repetition, std::int64_t index, std::int64_t at_ms) {
        seen.push_back({.kind = ObservationKind::token,
                        .time_ns = at_ms * ms,
                        .repetition = repetition,
                        .index = index,
                        .value = 7});
    }
    void sample(const std::string& name, std::int64_t repetition, double value) {
        seen.push_back({.kind = ObservationKind::sample, .repetition = repetition, .name = name, .value = value});
    }
    MetricSummary metric(const std::string& name) const {
        const auto metrics = derive_metrics(seen);
        const auto found =
            std::find_if(metrics.begin(), metrics.end(), [&](const MetricSummary& m) { return m.name == name; });
        EXPECT_NE(found, metrics.end()) << name;
        return found == metrics.end() ? MetricSummary{} : *found;
    }

    std::vector<Observation> seen;
};

// Prompt of 100 tokens accepted at `at_ms`, tokenised in 2 ms, prefilled in 50 ms, first token 1 ms later, then one
// each 10 ms.
void answer(Trial& trial, std::int64_t repetition, std::int64_t at_ms, std::int64_t tokens) {
    trial.phase("tokenize", repetition, at_ms, at_ms + 2);
    trial.sample("prompt_tokens", repetition, 100);
    trial.phase("prefill", repetition, at_ms + 2, at_ms + 52);
    for (std::int64_t i = 0; i < tokens; ++i) {
        trial.token(repetition, i, at_ms + 53 + 10 * i);
    }
}

TEST(Derive, an_answer_gives_each_latency_by_its_formula) {
    Trial trial;
    trial.phase("load", 0, 0, 400);
    answer(trial, 0, 1000, 5);
    EXPECT_EQ(trial.metric("load_ms").samples, (std::vector<double>{400}));
    EXPECT_EQ(trial.metric("ttft_ms").samples, (std::vector<double>{53}));
    EXPECT_EQ(trial.metric("prefill_tokens_per_second").samples, (std::vector<double>{2000}));
    EXPECT_EQ(trial.metric("tpot_ms").samples, (std::vector<double>{10}));
    EXPECT_EQ(trial.metric("decode_tokens_per_second").samples, (std::vector<double>{100}));
    EXPECT_EQ(trial.metric("end_to_end_ms").samples, (std::vector<double>{93}));
    EXPECT_EQ(trial.metric("inter_token_ms").n, 4);
    EXPECT_EQ(*trial.metric("inter_token_ms").max, 10);
}

TEST(Derive, each_repetition_is_one_sample_and_warm_ups_are_none) {
    Trial trial;
    answer(trial, -2, 0, 3);
    answer(trial, -1, 1000, 3);
    trial.sample("peak_rss_bytes", -1, 99e6);
    for (std::int64_t r = 0; r < 3; ++r) {
        answer(trial, r, 2000 + 1000 * r, 3);
        trial.sample("peak_rss_bytes", r, 1e6 * static_cast<double>(r + 1));
        trial.sample("energy_joules", r, 2.5);
    }
    for (const auto* name :
         {"ttft_ms", "prefill_tokens_per_second", "tpot_ms", "decode_tokens_per_second", "end_to_end_ms"}) {
        EXPECT_EQ(trial.metric(name).n, 3) << name;
    }
    EXPECT_EQ(trial.metric("peak_rss_bytes").samples, (std::vector<double>{1e6, 2e6, 3e6}));
    EXPECT_EQ(trial.metric("energy_joules").samples, (std::vector<double>{2.5, 2.5, 2.5}));
    EXPECT_EQ(trial.metric("inter_token_ms").n, 6);
}

TEST(Derive, without_tokenising_the_request_is_accepted_when_prefill_begins) {
    Trial trial;
    trial.phase("prefill", 0, 500, 540);
    trial.token(0, 0, 541);
    EXPECT_EQ(trial.metric("ttft_ms").samples, (std::vector<double>{41}));
}

TEST(Derive, one_token_has_no_time_per_further_token) {
    Trial trial;
    answer(trial, 0, 0, 1);
    EXPECT_EQ(trial.metric("ttft_ms").n, 1);
    EXPECT_EQ(trial.metric("end_to_end_ms").samples, trial.metric("ttft_ms").samples);
    EXPECT_EQ(trial.metric("tpot_ms").n, 0);
    EXPECT_EQ(trial.metric("decode_tokens_per_second").n, 0);
}

TEST(Derive, every_metric_appears_in_order_even_when_nothing_was_seen) {
    const auto metrics = derive_metrics({});
    ASSERT_EQ(metrics.size(), metric_names.size());
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        EXPECT_EQ(metrics[i].name, metric_names[i]);
        EXPECT_EQ(metrics[i].n, 0);
        EXPECT_FALSE(metrics[i].mean.has_value());
    }
}

TEST(Derive, an_answer_cut_short_gives_what_it_has) {
    Trial trial;
    trial.seen.push_back({.kind = ObservationKind::phase_begin, .time_ns = 0, .name = "prefill"});
    EXPECT_EQ(trial.metric("prefill_tokens_per_second").n, 0);
    EXPECT_EQ(trial.metric("ttft_ms").n, 0);
    EXPECT_EQ(trial.metric("end_to_end_ms").n, 0);
}

TEST(Derive, phases_that_took_no_measurable_time_give_no_rate) {
    Trial trial;
    trial.sample("prompt_tokens", 0, 10);
    trial.phase("prefill", 0, 5, 5);
    trial.token(0, 0, 5);
    trial.token(0, 1, 5);
    EXPECT_EQ(trial.metric("prefill_tokens_per_second").n, 0);
    EXPECT_EQ(trial.metric("decode_tokens_per_second").n, 0);
}

TEST(Derive, sizes_are_known_once_a_trial) {
    Trial trial;
    trial.sample("weights_bytes", 0, 1e8);
    trial.sample("kv_cache_bytes", 0, 2e7);
    answer(trial, 0, 0, 2);
    answer(trial, 1, 500, 2);
    EXPECT_EQ(trial.metric("weights_bytes").samples, (std::vector<double>{1e8}));
    EXPECT_EQ(trial.metric("kv_cache_bytes").samples, (std::vector<double>{2e7}));
}

TEST(Derive, a_score_of_the_end_is_a_metric_with_its_interval_behind_the_fixed_ones) {
    Trial trial;
    const auto score = [&](std::int64_t step, double value, const std::string& text) {
        trial.seen.push_back(
            {.kind = ObservationKind::score, .index = step, .name = "bleu:tok=zh", .value = value, .text = text});
    };
    score(10, 3, R"({"n": 5, "low": 1, "high": 4, "signature": "s"})");
    EXPECT_EQ(derive_metrics(trial.seen).size(), metric_names.size());
    score(-1, 21.5, R"({"n": 200, "low": 20.25, "high": 23.5, "signature": "s"})");
    const auto metrics = derive_metrics(trial.seen);
    ASSERT_EQ(metrics.size(), metric_names.size() + 1);
    const MetricSummary& bleu = metrics.back();
    EXPECT_EQ(bleu.name, "bleu:tok=zh");
    EXPECT_EQ(bleu.n, 200);
    EXPECT_EQ(bleu.mean, 21.5);
    EXPECT_EQ(bleu.ci95_low, 20.25);
    EXPECT_EQ(bleu.ci95_high, 23.5);
    EXPECT_FALSE(bleu.sd || bleu.p50 || bleu.p90 || bleu.min || bleu.max);
    EXPECT_TRUE(bleu.samples.empty());
}

TEST(Derive, a_score_without_an_interval_has_none_and_one_that_cannot_be_read_is_no_metric) {
    Trial trial;
    for (const char* text : {R"({"n": 1, "low": null, "high": null, "signature": "s"})", "", "[]", R"({"low": 1})",
                             R"({"n": 1, "low": 2, "high": null})"}) {
        trial.seen = {{.kind = ObservationKind::score, .index = -1, .name = "ter", .value = 2, .text = text}};
        const auto metrics = derive_metrics(trial.seen);
        const bool readable = std::string(text).find("\"n\"") != std::string::npos;
        ASSERT_EQ(metrics.size(), metric_names.size() + (readable ? 1 : 0)) << text;
        EXPECT_FALSE(metrics.back().ci95_low || metrics.back().ci95_high) << text;
    }
}

TEST(Derive, training_gives_its_speed_over_the_steps_its_last_loss_and_its_lowest_validation) {
    Trial trial;
    trial.sample("train_tokens_per_second", 0, 100);
    trial.sample("train_tokens_per_second", 0, 300);
    trial.sample("train_loss", 0, 5);
    trial.sample("train_loss", 0, 3);
    trial.sample("validation_loss", 0, 4.5);
    trial.sample("validation_loss", 0, 4);
    trial.sample("validation_loss", 0, 4.25);
    EXPECT_EQ(trial.metric("train_tokens_per_second").mean, 200);
    EXPECT_EQ(trial.metric("train_tokens_per_second").n, 2);
    EXPECT_FALSE(trial.metric("train_tokens_per_second").ci95_low);
    EXPECT_EQ(trial.metric("train_loss").samples, (std::vector<double>{3}));
    EXPECT_EQ(trial.metric("validation_loss").samples, (std::vector<double>{4}));
    EXPECT_EQ(trial.metric("ttft_ms").n, 0);
}

}  // namespace
}  // namespace tandem
