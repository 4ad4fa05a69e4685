// chrF and chrF++ (Popović 2015, 2017): F-score of character n-grams, and of word n-grams where asked for, in the
// definition of sacreBLEU 2.6. Errors: SCORE_OPTION. Thread rule: pure.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/evaluation/scorers.h"

namespace tandem::scores {

struct ChrfOptions {
    int char_order = 6;    // longest n-gram of characters
    int word_order = 0;    // longest n-gram of words; 2 is chrF++
    int beta = 2;          // how many times recall counts
    bool epsilon = false;  // average the F-scores of all orders, as chrF++.py does, not only of those that both have
};

// 0 to 100, of {n-grams of the hypothesis, of the reference, matches} for each order, characters first.
double chrf_of(std::span<const double> sums, const ChrfOptions& options);

// "chrf" and "chrf++" differ in the default of word_order.
Result<std::unique_ptr<Scorer>> make_chrf(std::string_view name, ScoreOptions options);

}  // namespace tandem::scores
