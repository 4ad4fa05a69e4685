// Texts from files nobody vouches for. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

// Position of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no
// surrogates, nothing above U+10FFFF); absent when all of it is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// The text as a message may show it: at most about 80 bytes, everything but printable characters as \xNN.
std::string printable(std::string_view text);

}  // namespace tandem
