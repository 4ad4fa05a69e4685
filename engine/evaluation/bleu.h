// BLEU of a corpus (Papineni et al. 2002), in the definition of sacreBLEU 2.6: n-grams up to 4, brevity penalty by the
// closest reference, smoothing after Chen and Cherry 2014. Errors: SCORE_OPTION, SCORE_TOKENIZER. Thread rule: pure.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/evaluation/scorers.h"

namespace tandem::scores {

enum class BleuSmoothing { exp, floor, add_k, none };

struct BleuOptions {
    BleuSmoothing smoothing = BleuSmoothing::exp;
    double smoothing_value = 0;    // floor: what a count of zero becomes (0.1); add_k: k (1)
    bool effective_order = false;  // leave out orders that no hypothesis is long enough for; for single sentences
};

inline constexpr std::size_t bleu_orders = 4;

// 0 to 100, of {hypothesis length, reference length, matches of each order, n-grams of each order}.
double bleu_of(std::span<const double> sums, const BleuOptions& options);

Result<std::unique_ptr<Scorer>> make_bleu(std::string_view name, ScoreOptions options);

}  // namespace tandem::scores
