// The exactness of speculative sampling by itself: whatever was drafted, what comes out is the large model's.
#include "engine/generation/draft_check.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace tandem {
namespace {

using Weights = std::vector<Candidate>;

Weights weights(std::initializer_list<std::pair<TokenId, double>> pairs) {
    Weights result;
    for (const auto& [id, weight] : pairs) {
        result.push_back({.id = id, .score = 0, .weight = weight});
    }
    return result;
}

struct Outcome {
    std::array<double, 8> share{};
    double accepted = 0;
};

Outcome outcomes(const Weights& large, const Weights& small) {
    constexpr int runs = 200000;
    Random random(11);
    Outcome outcome;
    for (int i = 0; i < runs; ++i) {
        const CheckedDraft checked = check_draft(draw(small, random), large, small, random);
        outcome.share.at(static_cast<std::size_t>(checked.id)) += 1.0 / runs;
        outcome.accepted += (checked.accepted ? 1.0 : 0.0) / runs;
    }
    return outcome;
}

TEST(DraftCheck, what_comes_out_is_distributed_as_the_large_model_says) {
    // Unnormalised, with ids that one of both lacks.
    const Weights large = weights({{0, 4}, {1, 2}, {3, 1}, {6, 1}});
    const Weights small = weights({{0, 1}, {1, 6}, {2, 2}, {6, 3}});
    const Outcome outcome = outcomes(large, small);
    const std::array<double, 8> expected{0.5, 0.25, 0, 0.125, 0, 0, 0.125, 0};
    for (std::size_t id = 0; id < expected.size(); ++id) {
        EXPECT_NEAR(outcome.share.at(id), expected.at(id), 0.004) << id;
    }
    // The sum of min(p, q).
    EXPECT_NEAR(outcome.accepted, 1.0 / 12 + 0.25 + 0.125, 0.004);
}

TEST(DraftCheck, a_draft_from_the_same_distribution_is_always_accepted) {
    const Weights one = weights({{0, 0.1}, {2, 0.3}, {5, 0.7}});
    const Weights twice = weights({{0, 0.2}, {2, 0.6}, {5, 1.4}});
    EXPECT_NEAR(outcomes(one, one).accepted, 1, 1e-9);
    EXPECT_NEAR(outcomes(one, twice).accepted, 1, 1e-4);
}

TEST(DraftCheck, distributions_with_nothing_in_common_never_accept) {
    const Outcome outcome = outcomes(weights({{1, 1}, {4, 3}}), weights({{0, 1}, {7, 1}}));
    EXPECT_EQ(outcome.accepted, 0);
    EXPECT_NEAR(outcome.share[1], 0.25, 0.004);
    EXPECT_NEAR(outcome.share[4], 0.75, 0.004);
}

TEST(DraftCheck, one_candidate_of_each_is_the_comparison_of_greedy_choices) {
    Random random(3);
    const Weights four = weights({{4, 1}});
    const Weights five = weights({{5, 1}});
    EXPECT_TRUE(check_draft(4, four, four, random).accepted);
    const CheckedDraft replaced = check_draft(5, four, five, random);
    EXPECT_FALSE(replaced.accepted);
    EXPECT_EQ(replaced.id, 4);
}

}  // namespace
}  // namespace tandem
