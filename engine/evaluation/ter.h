// Translation edit rate (Snover et al. 2006): insertions, deletions, substitutions and shifts of runs of words per word
// of the reference, in percent; Tercom's search as sacreBLEU 2.6 has it. Errors: SCORE_OPTION. Thread rule: pure.
#pragma once

#include <memory>
#include <string_view>

#include "engine/evaluation/ngrams.h"
#include "engine/evaluation/scorers.h"

namespace tandem::scores {

struct TerTokens {
    bool keep_case = false;
    bool normalise = false;  // entities, and punctuation as words of its own
    bool drop_punctuation = false;
    bool asian = false;  // both of the above for Chinese and Japanese as well
};

// The words of a text with one space between them. sacreBLEU does this twice to a reference and once to a hypothesis,
// which differs for "it's's" with `normalise`.
std::u32string ter_text(std::string_view text, TerTokens options, int times);

// Edits that turn `hypothesis` into `reference`. Looks at up to 1,000 shifts and at words within 25 of the diagonal, so
// the time is O(1,000 · hypothesis · 50).
std::size_t ter_edits(const Symbols& hypothesis, const Symbols& reference);

// Options: case (yes: as written), norm, punct (no: taken out), asian.
Result<std::unique_ptr<Scorer>> make_ter(std::string_view name, ScoreOptions options);

}  // namespace tandem::scores
