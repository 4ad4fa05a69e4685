// The share of answers that are a reference, letter for letter, after what is to be ignored was taken out of both: the
// exact_match of lm-eval 0.4. Errors: SCORE_OPTION. Thread rule: pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evaluation/scorers.h"

namespace tandem::scores {

struct ExactMatchOptions {
    std::vector<std::string> regexes;  // PCRE2 with Unicode properties; whatever they match is taken out, in this order
    bool ignore_case = false;
    bool ignore_punctuation = false;  // ASCII's: !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~
    bool ignore_numbers = false;      // the digits 0 to 9
};

Result<std::unique_ptr<Scorer>> make_exact_match(const ExactMatchOptions& options);
Result<std::unique_ptr<Scorer>> make_exact_match(std::string_view name, ScoreOptions options);

}  // namespace tandem::scores
