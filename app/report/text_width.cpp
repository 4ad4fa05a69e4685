#include "app/report/text_width.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "engine/api/utf8.h"

namespace tandem::report {
namespace {

std::size_t character_width(char32_t character) {
    const auto code = static_cast<UChar32>(character);
    const auto category = u_charType(code);
    if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) {
        return 0;
    }
    const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// C0, DEL, C1, and the marks that turn the direction of what follows.
bool is_control(char32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
           (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069) ||
           character == 0x2028 || character == 0x2029;
}

// Nearly every cell is: no need to look at its characters one by one.
bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
    if (is_plain_ascii(text)) {
        return text.size();
    }
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        width += character_width(next_character(text, at));
    }
    return width;
}

std::string printable(std::string_view text) {
    if (is_plain_ascii(text)) {
        return std::string(text);
    }
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t character = next_character(text, at);
        if (is_control(character) || character == replacement_character) {
            clean += "\xEF\xBF\xBD";
        } else {
            clean.append(text.substr(begin, at - begin));
        }
    }
    return clean;
}

std::string cut_to_width(const std::string& text, std::size_t width) {
    if (display_width(text) <= width) {
        return text;
    }
    std::size_t used = 0;
    std::size_t at = 0;
    std::size_t end = 0;
    while (at < text.size()) {
        used += character_width(next_character(text, at));
        if (used + 1 > width) {
            break;
        }
        end = at;
    }
    return text.substr(0, end) + (width > 0 ? "…" : "");
}

}  // namespace tandem::report
