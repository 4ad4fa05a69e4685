// Splits a text into the words that the model then encodes one by one.
// Thread rule: const after it is filled, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <cstdint>
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
    enum class Kind {
        pattern,
        digits,
        punctuation,
        whitespace,      // single white space characters
        words,           // Whitespace: runs of word characters, and of what is neither that nor white space
        scripts,         // UnicodeScripts: where the script changes
        grouped_digits,  // runs of digits in groups of three, counted from their end
        fixed_length,
        prefix_space,
        metaspace,
        byte_alphabet,  // every byte becomes a character of the byte alphabet
    };
    enum class Prepend { always, first, never };
    Kind kind = Kind::pattern;
    std::string literal;                      // pattern: where there is no regex
    std::shared_ptr<const SplitRegex> regex;  // pattern
    SplitBehaviour behaviour = SplitBehaviour::isolated;
    bool invert = false;                // pattern: the parts between matches are what matched
    std::string replacement;            // metaspace: what stands for a space
    Prepend prepend = Prepend::always;  // metaspace
    bool split = true;                  // metaspace: also split before each replacement
    std::size_t length = 0;             // fixed_length: characters a piece
};

struct Piece {
    std::string_view text;
    std::size_t leading = 0;  // how many of its bytes come from the first character of the text that is encoded
    std::int32_t made = -1;   // the entry of the store that it points into; -1: the text itself
};

// Texts that steps made; pieces point into them.
struct MadeText {
    std::string text;
    Piece from;  // what the step was given
    const SplitStep* step = nullptr;
};
using PieceStore = std::deque<MadeText>;

// `pieces` in, pieces out; empty ones are dropped. `room` is worked in.
void split_pieces(const std::vector<SplitStep>& steps, std::vector<Piece>& pieces, std::vector<Piece>& room,
                  PieceStore& store);

}  // namespace tandem
