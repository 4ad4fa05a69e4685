// Text from files and models on a terminal: how many cells it takes, cut to fit, and without control characters that
// the terminal would obey. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::report {

// Cells of a terminal: 0 for combining marks, 2 for East Asian wide characters and most emoji, else 1.
std::size_t display_width(std::string_view text);

// Valid UTF-8 without control characters: each of those, and each bad byte, becomes U+FFFD.
std::string printable(std::string_view text);

// At most `width` cells; what was longer ends in "…".
std::string cut_to_width(const std::string& text, std::size_t width);

}  // namespace tandem::report
