// Scores of the probabilities a model gives to texts. Of models with different tokenizers only those per word, byte or
// bit compare. Errors: SCORE_INPUT. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/api/result.h"
#include "engine/evaluation/score.h"

namespace tandem {

// One text under a model.
struct TextLikelihood {
    double log_likelihood = 0;  // nats, of all its tokens together; at most 0
    std::uint64_t tokens = 0;   // that were predicted
    std::uint64_t words = 0;    // count_words
    std::uint64_t bytes = 0;    // of UTF-8
};

// Pieces between runs of whitespace, as lm-eval counts them with re.split(r"\s+"): whitespace at either end adds one.
std::uint64_t count_words(std::string_view text);

// With L the sum of all log-likelihoods: "perplexity" exp(−L / tokens), "word_perplexity" exp(−L / words),
// "byte_perplexity" exp(−L / bytes), "bits_per_byte" −L / (bytes · ln 2). Lower is better.
Result<Score> likelihood_score(std::string_view name, std::span<const TextLikelihood> texts);

}  // namespace tandem
