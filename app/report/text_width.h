// Text from files and models on a terminal: how many cells it takes, cut to fit, and without control characters that
// the terminal would obey. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::report {

// Calls each(code point) for every character; bytes that are no UTF-8 count as U+FFFD each.
template <class Each>
void for_each_character(std::string_view text, Each&& each);

// Cells of a terminal: 0 for combining marks, 2 for East Asian wide characters and most emoji, else 1.
std::size_t display_width(std::string_view text);

// Valid UTF-8 without control characters: each of those, and each bad byte, becomes U+FFFD.
std::string printable(std::string_view text);

// At most `width` cells; what was longer ends in "…".
std::string cut_to_width(const std::string& text, std::size_t width);

// The character that begins at `at`, which moves behind it; U+FFFD for a byte that is no UTF-8.
char32_t next_character(std::string_view text, std::size_t& at);

template <class Each>
void for_each_character(std::string_view text, Each&& each) {
    for (std::size_t at = 0; at < text.size();) {
        each(next_character(text, at));
    }
}

}  // namespace tandem::report
