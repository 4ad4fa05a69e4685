// ROUGE-N, ROUGE-L and ROUGE-Lsum (Lin 2004) as rouge-score 0.1.2 computes them. Of several references, the one with
// the best F1 counts. The score of a corpus is the mean over its segments. Errors: SCORE_OPTION, SCORE_TOO_LONG. Thread
// rule: pure.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/evaluation/scorers.h"

namespace tandem::scores {

struct RougeParts {
    double precision = 0, recall = 0, f1 = 0;
};

// Which ROUGE: n-grams of 1 to 9 words, or a longest common subsequence of the whole text, or of its lines ("sum").
struct RougeKind {
    enum class Of { ngrams, text, lines };
    Of of = Of::ngrams;
    int order = 1;
};

// Words are runs of a-z and 0-9 after lower-casing; everything else parts them. With `stem`, words of more than three
// letters are reduced by the Porter stemmer.
std::vector<std::string> rouge_words(std::string_view text, bool stem);

Result<RougeParts> rouge(RougeKind kind, bool stem, std::string_view reference, std::string_view hypothesis);

// "rouge1" to "rouge9", "rougeL", "rougeLsum". Options: stem, part (f1, precision or recall).
Result<std::unique_ptr<Scorer>> make_rouge(std::string_view name, ScoreOptions options);

}  // namespace tandem::scores
