#include "engine/generation/sampler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace tandem {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Sampler make(const GenerationOptions& options, std::vector<TokenId> end_ids = {}, std::uint64_t seed = 1) {
    auto sampler = Sampler::create(options, std::move(end_ids), Random(seed));
    EXPECT_TRUE(sampler.ok());
    return std::move(sampler).value();
}

std::vector<float> noise(std::size_t size, float scale) {
    Random random(3);
    std::vector<float> values(size);
    for (float& value : values) {
        value = scale * static_cast<float>(random.uniform() + random.uniform() + random.uniform() - 1.5);
    }
    return values;
}

TEST(Sampler, greedy_takes_the_largest_and_of_equal_ones_the_lowest_id) {
    Sampler sampler = make({});
    EXPECT_EQ(*sampler.choose(std::vector<float>{1, 5, 2, 5, 5}, 0), 1);
    EXPECT_EQ(*sampler.choose(std::vector<float>{-3, -infinity, -2}, 0), 2);
    std::vector<float> wide(1003, -1.0F);
    wide[1002] = 0;
    EXPECT_EQ(*sampler.choose(wide, 0), 1002);
    wide[17] = 0;
    EXPECT_EQ(*sampler.choose(wide, 0), 17);
}

TEST(Sampler, greedy_heeds_the_repetition_penalty_of_seen_tokens) {
    Sampler sampler = make({.repetition_penalty = 2.0});
    const std::vector<float> logits{3, 4, -1};
    EXPECT_EQ(*sampler.choose(logits, 0), 1);
    sampler.see(1);
    EXPECT_EQ(*sampler.choose(logits, 0), 0);
    sampler.see(0);
    EXPECT_EQ(*sampler.choose(logits, 0), 1);
}

TEST(Sampler, ends_of_text_wait_for_the_least_length) {
    Sampler sampler = make({.min_new_tokens = 2}, {1, 900});
    const std::vector<float> logits{3, 4, -1};
    EXPECT_EQ(*sampler.choose(logits, 0), 0);
    EXPECT_EQ(*sampler.choose(logits, 1), 0);
    EXPECT_EQ(*sampler.choose(logits, 2), 1);
}

TEST(Sampler, damaged_logits_are_an_error_in_both_ways_of_choosing) {
    for (const bool greedy : {true, false}) {
        Sampler sampler = make({.greedy = greedy});
        std::vector<float> logits(100, 1.0F);
        logits[99] = nan;
        EXPECT_EQ(sampler.choose(logits, 0).error().code, "LOGITS_NOT_FINITE");
        logits[99] = 1;
        logits[3] = nan;
        EXPECT_EQ(sampler.choose(logits, 0).error().code, "LOGITS_NOT_FINITE");
        logits[3] = infinity;
        EXPECT_EQ(sampler.choose(logits, 0).error().code, "LOGITS_NOT_FINITE");
        EXPECT_EQ(sampler.choose(std::vector<float>(20, -infinity), 0).error().code, "LOGITS_NOT_FINITE");
        EXPECT_EQ(sampler.choose(std::vector<float>{}, 0).error().code, "LOGITS_NOT_FINITE");
    }
}

TEST(Sampler, one_seed_gives_one_text_and_another_seed_another) {
    const GenerationOptions options{.greedy = false, .temperature = 0.8, .top_k = 50, .top_p = 0.95, .min_p = 0.01};
    const std::vector<float> logits = noise(1000, 4);
    Sampler first = make(options, {}, 5);
    Sampler again = make(options, {}, 5);
    Sampler other = make(options, {}, 6);
    int differ = 0;
    for (int i = 0; i < 100; ++i) {
        const TokenId token = *first.choose(logits, i);
        EXPECT_EQ(token, *again.choose(logits, i));
        differ += token != *other.choose(logits, i) ? 1 : 0;
    }
    EXPECT_GT(differ, 50);
}

TEST(Sampler, tokens_are_drawn_as_often_as_they_are_probable) {
    Sampler sampler = make({.greedy = false});
    const std::vector<float> logits{std::log(0.5F), -infinity, std::log(0.3F), std::log(0.2F)};
    std::vector<int> counts(4);
    for (int i = 0; i < 100000; ++i) {
        ++counts[static_cast<std::size_t>(*sampler.choose(logits, i))];
    }
    EXPECT_NEAR(counts[0], 50000, 800);  // five standard deviations
    EXPECT_EQ(counts[1], 0);
    EXPECT_NEAR(counts[2], 30000, 730);
    EXPECT_NEAR(counts[3], 20000, 640);
}

TEST(Sampler, a_nucleus_among_equals_is_as_small_as_it_can_be_with_the_lowest_ids) {
    Sampler sampler = make({.greedy = false, .top_p = 0.3});
    const auto kept = sampler.distribution(std::vector<float>(10, 1.0F), 0);
    ASSERT_TRUE(kept.ok());
    ASSERT_EQ(kept->size(), 3u);
    EXPECT_EQ((*kept)[0].id, 0);
    EXPECT_EQ((*kept)[2].id, 2);
}

TEST(Sampler, options_outside_their_range_are_refused_by_name) {
    const auto refusal = [](const GenerationOptions& options) {
        const auto sampler = Sampler::create(options, {}, Random(1));
        return sampler.ok() ? std::string("none") : sampler.error().to_string();
    };
    EXPECT_NE(refusal({.temperature = 0}).find("OPTION_RANGE: temperature"), std::string::npos);
    EXPECT_NE(refusal({.temperature = nan}).find("OPTION_RANGE: temperature"), std::string::npos);
    EXPECT_NE(refusal({.top_k = -1}).find("OPTION_RANGE: top_k"), std::string::npos);
    EXPECT_NE(refusal({.top_p = 1.5}).find("OPTION_RANGE: top_p"), std::string::npos);
    EXPECT_NE(refusal({.min_p = nan}).find("OPTION_RANGE: min_p"), std::string::npos);
    EXPECT_NE(refusal({.repetition_penalty = 0}).find("OPTION_RANGE: repetition_penalty"), std::string::npos);
}

// A token of a small model takes some 10 ms: choosing it may not add a noticeable part. The bound is generous, for
// busy machines; sorting the vocabulary would take several times as long.
TEST(Sampler, choosing_from_a_large_vocabulary_is_cheap) {
    const std::vector<float> logits = noise(49152, 12);
    for (const GenerationOptions& options :
         {GenerationOptions{}, GenerationOptions{.greedy = false, .top_k = 50, .top_p = 0.9},
          GenerationOptions{.greedy = false, .top_p = 0.9}, GenerationOptions{.greedy = false, .min_p = 0.05}}) {
        Sampler sampler = make(options);
        double best_ms = 1e9;
        for (int i = 0; i < 20; ++i) {
            const auto began = std::chrono::steady_clock::now();
            ASSERT_TRUE(sampler.choose(logits, i).ok());
            const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
            best_ms = std::min(best_ms, took.count());
        }
        EXPECT_LT(best_ms, 3);
    }
}

}  // namespace
}  // namespace tandem
