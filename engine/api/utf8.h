// UTF-8 as Unicode 15 defines it (table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF): the one place
// that judges, reads, repairs and cuts it. Thread rule: stateless. Errors: none; bad bytes are reported or replaced.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

inline constexpr char32_t replacement_character = 0xFFFD;

// Position of the first byte that is not part of well-formed UTF-8; absent when all of it is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);
bool is_utf8(std::string_view text);

// The character that begins at `at`, which moves behind it; U+FFFD for a byte that begins none, past which it moves.
char32_t next_character(std::string_view text, std::size_t& at);

// Every byte that is part of no well-formed sequence becomes U+FFFD.
std::string repaired_utf8(std::string_view text);

// The longest beginning of at most `bytes` bytes that is not cut within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

// Text nobody vouches for as a message may show it: at most about 80 bytes, control characters and bad bytes as \xNN.
std::string printable(std::string_view text);

}  // namespace tandem
