// Hexadecimal digits of characters, as escapes write them. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

namespace tandem::jinja {

inline std::string hex(char32_t code, int digits) {
    constexpr std::string_view names = "0123456789abcdef";
    std::string text;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        text += names[(code >> shift) & 15];
    }
    return text;
}

}  // namespace tandem::jinja
