// The scores that a task asks for, by name, all checked before anything is loaded: those of texts and those of a
// model's probabilities, with their 95 % intervals. Errors: SCORE_*, CANCELLED. Thread rule: const after it is made.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/evaluation/likelihood.h"
#include "engine/evaluation/score.h"
#include "engine/evaluation/scorers.h"
#include "engine/evaluation/significance.h"

namespace tandem {

struct TaskScore {
    std::string name;  // as it was asked for: "bleu:tok=zh"
    Score score;
    std::optional<ScoreInterval> interval;  // absent for a single example and without resamples
};

class TaskScores {
public:
    // SCORE_UNKNOWN, SCORE_OPTION and SCORE_TOKENIZER name the score; SCORE_TWICE is one asked for twice.
    static Result<TaskScores> create(std::span<const std::string> names);

    bool any_of_texts() const;
    bool any_of_probabilities() const;

    // In the order asked for. `likelihoods` may be empty: then the scores of probabilities are left out, as those of
    // texts are where `segments` is empty. `samples` 0: no intervals.
    Result<std::vector<TaskScore>> score(std::span<const Segment> segments, std::span<const TextLikelihood> likelihoods,
                                         std::size_t samples, const std::stop_token& stop) const;

private:
    struct Asked {
        std::string name;
        std::unique_ptr<const Scorer> scorer;  // null: a score of probabilities
    };
    std::vector<Asked> asked_;
};

// "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte".
bool is_likelihood_score(std::string_view name);

}  // namespace tandem
