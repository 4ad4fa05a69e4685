// The search itself, over probabilities written down here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/generation/beam_search.h"

namespace tandem {
namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

std::vector<float> logs(std::vector<float> probabilities) {
    for (float& p : probabilities) {
        p = std::log(p);
    }
    return probabilities;
}

TEST(BeamSearch, a_token_that_is_less_probable_wins_by_what_follows_it) {
    BeamSearch search({.max_new_tokens = 2, .beams = 2}, {}, {}, {});
    std::vector<float> first = logs({0.6F, 0.4F, 0, 0.6F, 0.4F, 0});
    ASSERT_TRUE(search.step(first).ok());
    EXPECT_EQ(search.last(), (std::vector<TokenId>{0, 1}));
    EXPECT_FALSE(search.over());
    std::vector<float> second = logs({0.4F, 0.3F, 0.3F, 0.05F, 0.05F, 0.9F});
    ASSERT_TRUE(search.step(second).ok());
    EXPECT_TRUE(search.over());
    EXPECT_EQ(search.best(), (std::vector<TokenId>{1, 2}));
}

TEST(BeamSearch, of_equal_sums_the_lower_beam_and_the_lower_id_come_first) {
    BeamSearch search({.max_new_tokens = 5, .beams = 2}, {}, {}, {});
    std::vector<float> even(8, std::log(0.25F));
    ASSERT_TRUE(search.step(even).ok());
    EXPECT_EQ(search.last(), (std::vector<TokenId>{0, 1}));
    EXPECT_EQ(search.rows(), (std::vector<std::int64_t>{0, 0}));
}

TEST(BeamSearch, early_stopping_ends_with_as_many_answers_as_beams) {
    const auto run = [](bool early) {
        BeamSearch search({.max_new_tokens = 9, .beams = 2, .length_penalty = 1, .early_stopping = early}, {}, {0}, {});
        std::vector<float> first = logs({0.3F, 0.6F, 0.1F, 0.3F, 0.6F, 0.1F});
        EXPECT_TRUE(search.step(first).ok());
        EXPECT_FALSE(search.over());
        std::vector<float> second = logs({0.3F, 0.6F, 0.1F, 0.3F, 0.6F, 0.1F});
        EXPECT_TRUE(search.step(second).ok());
        return search.over();
    };
    EXPECT_TRUE(run(true));
    EXPECT_FALSE(run(false)) << "the running one, -0.5 a token, may still become better than -0.86 and -1.2";
}

TEST(BeamSearch, what_a_configuration_forces_and_forbids_holds) {
    const TargetTokens rules{.forced_first = 2, .forced_last = 1, .never = {0}};
    BeamSearch search({.max_new_tokens = 3, .beams = 2}, rules, {1}, {});
    for (int step = 0; step < 3; ++step) {
        std::vector<float> values = logs({0.7F, 0.1F, 0.1F, 0.1F, 0.7F, 0.1F, 0.1F, 0.1F});
        ASSERT_TRUE(search.step(values).ok());
    }
    ASSERT_TRUE(search.over());
    ASSERT_EQ(search.best().front(), 2);
    EXPECT_EQ(search.best().back(), 1);
    EXPECT_EQ(std::ranges::count(search.best(), 0), 0);
}

TEST(BeamSearch, numbers_that_are_none_end_it) {
    BeamSearch search({.beams = 2}, {}, {}, {});
    std::vector<float> broken(8, -1.0F);
    broken[6] = std::nanf("");
    EXPECT_EQ(search.step(broken).error().code, "LOGITS_NOT_FINITE");
    std::vector<float> nothing(8, never);
    EXPECT_EQ(search.step(nothing).error().code, "LOGITS_NOT_FINITE");
}

}  // namespace
}  // namespace tandem
