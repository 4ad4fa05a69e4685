// Sets of characters as the reference tokenizers have them. The parts of the `tokenizers` library follow Unicode of
// different ages, none of them that of our ICU or PCRE2, so what differs is written down here.
// Thread rule: constants. Errors: none.
#pragma once

#include <span>
#include <string_view>

namespace tandem::reference_unicode {

struct CodeRange {
    char32_t first = 0;
    char32_t last = 0;  // the range's own
};

// What a property of the reference's regular expressions has or lacks against Unicode 14. Names are those of general
// categories and scripts, "w" is \w, "alpha", "upper" and "lower" are those of [:alpha:].
struct PropertyChange {
    std::string_view name;
    std::span<const CodeRange> added;
    std::span<const CodeRange> removed;
};

struct LowercaseChange {
    char32_t from = 0;
    char32_t to = 0;
};

extern const std::span<const CodeRange> numeric;      // char::is_numeric
extern const std::span<const CodeRange> punctuation;  // what Punctuation and BertPreTokenizer split off
extern const std::span<const CodeRange> word;         // \w of Whitespace and of added tokens
extern const std::span<const CodeRange> control;      // what BertNormalizer drops, but for U+0000 and U+FFFD
extern const std::span<const CodeRange> nonspacing;   // what BertNormalizer takes for accents
extern const std::span<const CodeRange> combining;    // what StripAccents takes for accents
extern const std::span<const CodeRange> joining;      // goes on a grapheme: Extend, SpacingMark, ZWJ
extern const std::span<const CodeRange> prepended;    // begins a grapheme that goes on: Prepend
extern const std::span<const CodeRange> changed;      // every character of `properties`
extern const std::span<const PropertyChange> properties;
extern const std::span<const LowercaseChange> lowercase;  // against Unicode 14

}  // namespace tandem::reference_unicode
