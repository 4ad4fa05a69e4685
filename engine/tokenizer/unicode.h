// Characters, their properties and cases (ICU underneath).
// Thread rule: stateless. Texts are well-formed UTF-8 unless said otherwise.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::unicode {

struct Char {
    char32_t code = 0;
    std::size_t size = 0;  // bytes in UTF-8
};

// The first character of a text that is not empty.
Char first_char(std::string_view text);
// Bytes of the character that begins with `lead`.
std::size_t char_size(char lead);
void append(std::string& text, char32_t code);

// Any bytes as well-formed UTF-8: each maximal part of a broken character reads as one U+FFFD (Unicode 15,
// section 3.9).
std::string valid_utf8(std::string_view bytes);
// The bytes at the end that may still become a character when more follow.
std::size_t unfinished_tail(std::string_view bytes);

bool is_whitespace(char32_t code);  // White_Space
bool is_digit(char32_t code);       // Python's str.isdigit: decimal digits and digits like superscripts

bool is_printable(char32_t code);       // as Python's str.isprintable
bool is_numeric(char32_t code);         // general categories Nd, Nl and No
bool is_word(char32_t code);            // alphabetic, mark, decimal digit, connector punctuation, join control
bool is_letter(char32_t code);          // as Python's str.isalpha
bool is_decimal(char32_t code);         // as Python's str.isdecimal
bool is_python_numeric(char32_t code);  // as Python's str.isnumeric: whatever has a numeric value

// Whole texts, with the context rules that single characters do not show (final sigma).
std::string upper_text(std::string_view text);
std::string lower_text(std::string_view text);
// The first cased letter of each word in title case, the others lower: Python's str.title.
std::string title_text(std::string_view text);
std::string folded_text(std::string_view text);  // full case folding: Python's str.casefold
// The first character in title case, the rest lower: Python's str.capitalize.
std::string capitalised_text(std::string_view text);

}  // namespace tandem::unicode
