// How BLEU cuts a text into words: the tokenizers of sacreBLEU 2.6 by name. Thread rule: stateless. Errors:
// SCORE_TOKENIZER.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem::scores {

// The text with spaces between its words; there may be several in a row, and at both ends.
struct BleuTokenizer {
    std::string_view name;
    std::u32string (*cut)(std::u32string text);
};

// 13a (mteval-v13a of WMT), none (whitespace alone), zh (each Chinese character a word), intl (mteval-v14: punctuation
// and symbols of all scripts) or char. sacreBLEU's others need a model or a dictionary: they are refused by name.
Result<BleuTokenizer> bleu_tokenizer(std::string_view name);

// What 13a and zh do with Western punctuation, in two steps that TER has as well: marks become words of their own; so
// do full stops and commas but between digits, and dashes behind digits.
std::u32string part_marks(const std::u32string& text);
std::u32string part_stops(const std::u32string& text);

// "&quot; &amp; &lt; &gt;" as the characters they stand for, one after the other: "&amp;lt;" becomes "<".
void unescape(std::u32string& text);

}  // namespace tandem::scores
