// Where the kinds of SplitStep that look at characters find something in a text. Matches come in order and do not
// overlap. Thread rule: stateless. Errors: none. Texts are well-formed UTF-8.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/char_classes.h"
#include "engine/tokenizer/split_regex.h"

namespace tandem::split_marks {

void literal(std::string_view text, std::string_view literal, std::vector<Match>& matches);
// Every character of the class on its own.
void characters(std::string_view text, CharClasses::Class one, std::vector<Match>& matches);
// Runs of digits in groups of three, counted from their end.
void grouped_digits(std::string_view text, std::vector<Match>& matches);
// Longest runs of word characters, and of characters that are neither that nor white space.
void words(std::string_view text, std::vector<Match>& matches);
// The text cut wherever the script changes, but for a head that has none (spaces): that belongs to no part. Scripts are
// SentencePiece's: Hiragana and Katakana count as Han, a space fits any.
void scripts(std::string_view text, std::vector<Match>& matches);
// The text cut into parts of `length` characters.
void fixed_length(std::string_view text, std::size_t length, std::vector<Match>& matches);

}  // namespace tandem::split_marks
