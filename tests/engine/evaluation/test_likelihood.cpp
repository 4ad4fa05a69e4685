#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "engine/evaluation/likelihood.h"

namespace tandem {
namespace {

TEST(Likelihood, perplexities_are_per_unit_of_all_texts_together) {
    const std::array<TextLikelihood, 2> texts = {{{.log_likelihood = -6, .tokens = 3, .words = 2, .bytes = 10},
                                                  {.log_likelihood = -2, .tokens = 1, .words = 2, .bytes = 6}}};
    const auto value = [&](const char* name) { return likelihood_score(name, texts)->value; };
    EXPECT_DOUBLE_EQ(value("perplexity"), std::exp(2.0));
    EXPECT_DOUBLE_EQ(value("word_perplexity"), std::exp(2.0));
    EXPECT_DOUBLE_EQ(value("byte_perplexity"), std::exp(0.5));
    EXPECT_DOUBLE_EQ(value("bits_per_byte"), 0.5 / std::log(2.0));
    EXPECT_DOUBLE_EQ(likelihood_score("perplexity", texts)->segment_value(1), std::exp(2.0));
    EXPECT_FALSE(likelihood_score("perplexity", texts)->higher_is_better);
}

TEST(Likelihood, words_are_counted_as_lm_eval_counts_them) {
    EXPECT_EQ(count_words("one two  three"), 3U);
    EXPECT_EQ(count_words(" one\n"), 3U);  // re.split(r"\s+", " one\n") is ["", "one", ""]
    EXPECT_EQ(count_words(""), 1U);
    EXPECT_EQ(count_words("one\u00a0two\u3000three"), 3U);
}

TEST(Likelihood, what_is_no_likelihood_is_refused) {
    const std::array<TextLikelihood, 1> positive = {{{.log_likelihood = 1, .tokens = 1}}};
    EXPECT_EQ(likelihood_score("perplexity", positive).error().code, "SCORE_INPUT");
    const std::array<TextLikelihood, 1> infinite = {{{.log_likelihood = -INFINITY, .tokens = 1}}};
    EXPECT_EQ(likelihood_score("perplexity", infinite).error().code, "SCORE_INPUT");
    const std::array<TextLikelihood, 1> no_bytes = {{{.log_likelihood = -1, .tokens = 1}}};
    EXPECT_EQ(likelihood_score("bits_per_byte", no_bytes).error().code, "SCORE_INPUT");
    EXPECT_EQ(likelihood_score("bleu", positive).error().code, "SCORE_UNKNOWN");
    EXPECT_EQ(likelihood_score("perplexity", {}).error().code, "SCORE_INPUT");
}

}  // namespace
}  // namespace tandem
