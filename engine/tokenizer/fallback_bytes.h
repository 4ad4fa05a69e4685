// The names of byte pieces: "<0x0A>". Thread rule: stateless. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

inline std::string fallback_name(unsigned byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {'<', '0', 'x', digits[(byte >> 4) & 15], digits[byte & 15], '>'};
}

// The byte whose name is exactly this, with capital digits, as models look them up.
inline std::optional<std::uint8_t> exact_fallback_byte(std::string_view text) {
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') {
        return std::nullopt;
    }
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    const int high = digit(text[3]);
    const int low = digit(text[4]);
    return high < 0 || low < 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(high * 16 + low));
}

}  // namespace tandem
