#include "engine/evaluation/likelihood.h"

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "engine/evaluation/text.h"

namespace tandem {
namespace {

struct Unit {
    std::string_view name, counted;
    std::uint64_t TextLikelihood::*count;
    double (*value)(double nats);  // per unit
};

double exponential(double nats) {
    return std::exp(nats);
}
double bits(double nats) {
    return nats / std::numbers::ln2;
}

constexpr std::array units = std::to_array<Unit>({{"perplexity", "tokens", &TextLikelihood::tokens, &exponential},
                                                  {"word_perplexity", "words", &TextLikelihood::words, &exponential},
                                                  {"byte_perplexity", "bytes", &TextLikelihood::bytes, &exponential},
                                                  {"bits_per_byte", "bytes", &TextLikelihood::bytes, &bits}});

Error input_error(const std::string& message, std::string where) {
    return {.code = "SCORE_INPUT",
            .message = message + "; nothing was scored",
            .where = std::move(where),
            .kind = ErrorKind::bad_input};
}

}  // namespace

std::uint64_t count_words(std::string_view text) {
    std::uint64_t words = 1;
    bool in_space = false;
    for (const char32_t c : scores::characters(text)) {
        const bool space = scores::is_space(c);
        words += space && !in_space ? 1 : 0;
        in_space = space;
    }
    return words;
}

Result<Score> likelihood_score(std::string_view name, std::span<const TextLikelihood> texts) {
    for (const Unit& unit : units) {
        if (unit.name != name) {
            continue;
        }
        Score score{.name = std::string(name), .higher_is_better = false};
        score.rows.width = 2;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (!std::isfinite(texts[i].log_likelihood) || texts[i].log_likelihood > 0) {
                return input_error("found a log-likelihood of " + std::to_string(texts[i].log_likelihood) +
                                       ", need a finite number of at most 0",
                                   "text " + std::to_string(i + 1));
            }
            score.rows.values.push_back(texts[i].log_likelihood);
            score.rows.values.push_back(static_cast<double>(texts[i].*unit.count));
        }
        score.value_of = [value = unit.value](std::span<const double> sums) {
            return sums[1] > 0 ? value(-sums[0] / sums[1]) : std::nan("");
        };
        const auto sums = score.rows.sum();
        if (sums[1] == 0) {
            return input_error("there are no " + std::string(unit.counted), std::string(name));
        }
        score.value = score.value_of(sums);
        score.signature = "per:" + std::string(unit.counted) + "|texts:" + std::to_string(texts.size()) + "|version:1";
        return score;
    }
    return Error{
        .code = "SCORE_UNKNOWN",
        .message = "there is no score '" + std::string(name) +
                   "' of probabilities; there are perplexity, word_perplexity, byte_perplexity, bits_per_byte; "
                   "nothing was scored",
        .where = "score",
        .kind = ErrorKind::bad_input};
}

}  // namespace tandem
