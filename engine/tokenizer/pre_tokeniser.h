// Splits a text into the words that the model then encodes one by one.
// Thread rule: const after it is filled, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_regex.h"

namespace tandem {

// What becomes of the part of a text that a pattern matched.
enum class SplitBehaviour { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct SplitStep {
    enum class Kind { pattern, digits, grouped_digits, spelled_bytes, prefix_space, metaspace };
    enum class Prepend { always, first, never };
    Kind kind = Kind::pattern;
    std::string literal;                      // pattern: where there is no regex
    std::shared_ptr<const SplitRegex> regex;  // pattern
    SplitBehaviour behaviour = SplitBehaviour::isolated;
    bool invert = false;                // pattern: the parts between matches are what matched
    std::string replacement;            // metaspace: what stands for a space
    Prepend prepend = Prepend::always;  // metaspace
    bool split = true;                  // metaspace: also split before each replacement
};

struct Piece {
    std::string_view text;
    bool at_start = false;  // it begins where the whole text begins
};

// Texts that steps made; pieces point into them.
using PieceStore = std::deque<std::string>;

// `pieces` in, pieces out; empty ones are dropped.
void split_pieces(const std::vector<SplitStep>& steps, std::vector<Piece>& pieces, PieceStore& store);

}  // namespace tandem
