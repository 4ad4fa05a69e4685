#include "engine/evaluation/task_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

constexpr std::array<std::string_view, 4> likelihood_scores{"perplexity", "word_perplexity", "byte_perplexity",
                                                            "bits_per_byte"};

bool finite(const ScoreInterval& interval) {
    return std::isfinite(interval.low) && std::isfinite(interval.high);
}

}  // namespace

bool is_likelihood_score(std::string_view name) {
    return std::find(likelihood_scores.begin(), likelihood_scores.end(), name) != likelihood_scores.end();
}

Result<TaskScores> TaskScores::create(std::span<const std::string> names) {
    TaskScores scores;
    for (const std::string& name : names) {
        if (std::any_of(scores.asked_.begin(), scores.asked_.end(),
                        [&](const Asked& asked) { return asked.name == name; })) {
            return Error{.code = "SCORE_TWICE",
                         .message = "the score '" + printable(name) + "' is asked for twice; nothing was scored",
                         .where = "scores",
                         .kind = ErrorKind::bad_input};
        }
        Asked asked{.name = name, .scorer = nullptr};
        if (!is_likelihood_score(name)) {
            asked.scorer = TANDEM_TRY(make_scorer(name));
        }
        scores.asked_.push_back(std::move(asked));
    }
    return scores;
}

bool TaskScores::any_of_texts() const {
    return std::any_of(asked_.begin(), asked_.end(), [](const Asked& asked) { return asked.scorer != nullptr; });
}

bool TaskScores::any_of_probabilities() const {
    return std::any_of(asked_.begin(), asked_.end(), [](const Asked& asked) { return asked.scorer == nullptr; });
}

Result<std::vector<TaskScore>> TaskScores::score(std::span<const Segment> segments,
                                                 std::span<const TextLikelihood> likelihoods, std::size_t samples,
                                                 const std::stop_token& stop) const {
    std::vector<TaskScore> scored;
    for (const Asked& asked : asked_) {
        if (asked.scorer != nullptr ? segments.empty() : likelihoods.empty()) {
            continue;
        }
        TaskScore score{.name = asked.name,
                        .score = TANDEM_TRY(asked.scorer != nullptr ? score_with(*asked.scorer, segments)
                                                                    : likelihood_score(asked.name, likelihoods)),
                        .interval = {}};
        if (samples > 0 && score.score.rows.size() > 1) {
            const auto interval = TANDEM_TRY(bootstrap(score.score, {.samples = samples}, stop));
            if (finite(interval)) {
                score.interval = interval;
            }
        }
        scored.push_back(std::move(score));
    }
    return scored;
}

}  // namespace tandem
