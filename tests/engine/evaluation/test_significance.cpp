#include <gtest/gtest.h>

#include "engine/evaluation/score.h"
#include "engine/evaluation/significance.h"

namespace tandem {
namespace {

// Answers of which every `right`-th is right.
Score answers(std::size_t count, std::size_t right, std::size_t offset = 0) {
    std::vector<Segment> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back({(i + offset) % right == 0 ? "yes" : "no", {"yes"}});
    }
    return *score("exact_match", pairs);
}

TEST(Significance, an_interval_holds_its_score_and_is_the_same_for_a_seed) {
    const Score score = answers(200, 2);
    const auto interval = bootstrap(score, {});
    ASSERT_TRUE(interval.ok());
    // Of 200 fair answers: 0.5 ± 1.96 · 0.5 / sqrt(200).
    EXPECT_NEAR(interval->low, 0.43, 0.015);
    EXPECT_NEAR(interval->high, 0.57, 0.015);
    EXPECT_NEAR(interval->mean, 0.5, 0.01);
    EXPECT_EQ(bootstrap(score, {})->low, interval->low);
    EXPECT_NE(bootstrap(score, {.seed = 1})->mean, interval->mean);
}

TEST(Significance, a_system_against_itself_differs_by_nothing) {
    const Score score = answers(50, 3);
    const auto bootstrapped = paired_bootstrap(score, score, {.samples = 99});
    ASSERT_TRUE(bootstrapped.ok());
    EXPECT_EQ(bootstrapped->difference, 0);
    EXPECT_EQ(bootstrapped->low, 0);
    EXPECT_EQ(bootstrapped->high, 0);
    // sacreBLEU's: none of the differences exceeds one of zero, so that p is as small as it can be.
    EXPECT_DOUBLE_EQ(bootstrapped->p, 0.01);
    EXPECT_DOUBLE_EQ(paired_randomisation(score, score, {.samples = 99})->p, 0.01);
    EXPECT_EQ((*mcnemar(score, score))->p, 1);
}

TEST(Significance, a_large_difference_is_found_and_a_chance_one_is_not) {
    const Score bad = answers(200, 4), good = answers(200, 2), shifted = answers(200, 2, 1);
    const auto clear = paired_bootstrap(bad, good, {});
    ASSERT_TRUE(clear.ok());
    EXPECT_DOUBLE_EQ(clear->difference, 0.25);
    EXPECT_LT(clear->p, 0.01);
    EXPECT_GT(clear->low, 0.15);
    EXPECT_LT(paired_randomisation(bad, good, {})->p, 0.01);
    EXPECT_GT(paired_randomisation(good, shifted, {})->p, 0.5);
    const auto counts = mcnemar(good, shifted);
    ASSERT_TRUE(counts.ok() && counts->has_value());
    EXPECT_EQ((*counts)->only_baseline, 100U);
    EXPECT_EQ((*counts)->only_system, 100U);
    EXPECT_EQ((*counts)->p, 1);
}

TEST(Significance, mcnemar_is_for_answers_that_are_right_or_wrong) {
    const std::vector<Segment> pairs = {{"a b", {"a c"}}};
    const Score score_of_words = *score("rouge1", pairs);
    const auto counts = mcnemar(score_of_words, score_of_words);
    ASSERT_TRUE(counts.ok());
    EXPECT_FALSE(counts->has_value());
}

TEST(Significance, what_is_no_pair_is_refused) {
    const Score few = answers(5, 2), many = answers(6, 2);
    EXPECT_EQ(paired_bootstrap(few, many, {}).error().code, "SCORE_PAIR");
    EXPECT_EQ(paired_randomisation(few, many, {}).error().code, "SCORE_PAIR");
    EXPECT_EQ(mcnemar(few, many).error().code, "SCORE_PAIR");
    const std::vector<Segment> pairs(5, Segment{"a", {"a"}});
    EXPECT_EQ(paired_bootstrap(few, *score("rouge1", pairs), {}).error().code, "SCORE_PAIR");
    EXPECT_EQ(bootstrap(few, {.samples = 0}).error().code, "SCORE_SAMPLES");
    EXPECT_EQ(bootstrap(few, {.samples = 1'000'001}).error().code, "SCORE_SAMPLES");
    EXPECT_EQ(bootstrap(Score{}, {}).error().code, "SCORE_SAMPLES");
}

TEST(Significance, resampling_stops_when_asked_to) {
    std::stop_source stop;
    stop.request_stop();
    const Score score = answers(5, 2);
    EXPECT_EQ(bootstrap(score, {}, stop.get_token()).error().kind, ErrorKind::cancelled);
    EXPECT_EQ(paired_randomisation(score, score, {}, stop.get_token()).error().kind, ErrorKind::cancelled);
}

}  // namespace
}  // namespace tandem
