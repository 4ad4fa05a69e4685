// Texts as the reference scorers see them: characters and whitespace as Python has them. Thread rule: stateless.
// Errors: none; bad bytes read as U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::scores {

bool is_space(char32_t code);  // Python's str.isspace, which str.split() and str.strip() go by

bool is_ascii_punctuation(char32_t code);

std::u32string characters(std::string_view text);
// As characters(), with every character in lower case (final sigma included), as Python's str.lower.
std::u32string lower_characters(std::string_view text);

void strip_right(std::u32string& text);
void strip(std::u32string& text);

// The words between whitespace; none is empty. They point into `text`.
std::vector<std::u32string_view> split(std::u32string_view text);

// The text with a space on either side of each character that `test` holds of.
template <class Test>
std::u32string space_around(const std::u32string& text, Test test) {
    std::u32string result;
    result.reserve(text.size() + text.size() / 4);
    for (const char32_t c : text) {
        if (test(c)) {
            ((result += U' ') += c) += U' ';
        } else {
            result += c;
        }
    }
    return result;
}

std::size_t replace_all(std::u32string& text, std::u32string_view found, std::u32string_view replacement);

}  // namespace tandem::scores
