#include "app/report/text_width.h"

#include <algorithm>
#include <array>

namespace tandem::report {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct Range {
    char32_t first, last;
};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t character) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const Range& range) { return character >= range.first && character <= range.last; });
}

// Combining marks and joiners; East Asian wide blocks. Blocks rather than characters of the Unicode 15 tables: a table
// in a terminal survives a rare character that is off by one.
constexpr std::array<Range, 11> zero_width{{{0x0300, 0x036F},
                                            {0x0483, 0x0489},
                                            {0x0591, 0x05BD},
                                            {0x064B, 0x065F},
                                            {0x093C, 0x093C},
                                            {0x0E34, 0x0E3A},
                                            {0x1AB0, 0x1AFF},
                                            {0x200B, 0x200F},
                                            {0x20D0, 0x20FF},
                                            {0xFE00, 0xFE0F},
                                            {0xE0100, 0xE01EF}}};
constexpr std::array<Range, 10> double_width{{{0x1100, 0x115F},
                                              {0x2E80, 0x303E},
                                              {0x3041, 0xA4CF},
                                              {0xA960, 0xA97F},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFE30, 0xFE6F},
                                              {0xFF00, 0xFF60},
                                              {0x1F300, 0x1FAFF},
                                              {0x20000, 0x3FFFD}}};

std::size_t character_width(char32_t character) {
    if (character < 0x300) {  // before the first combining mark
        return 1;
    }
    if (in(zero_width, character)) {
        return 0;
    }
    return in(double_width, character) ? 2 : 1;
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

char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at++);
    if (lead < 0x80) {
        return lead;
    }
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || at + more > text.size()) {
        return replacement;
    }
    char32_t character = lead & (0x3Fu >> more);
    for (std::size_t i = 0; i < more; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) {
            return replacement;
        }
        character = (character << 6) | (byte(at + i) & 0x3Fu);
    }
    constexpr std::array<char32_t, 4> smallest{0, 0x80, 0x800, 0x10000};
    if (character < smallest[more] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
        return replacement;
    }
    at += more;
    return character;
}

std::size_t display_width(std::string_view text) {
    if (is_plain_ascii(text)) {
        return text.size();
    }
    std::size_t width = 0;
    for_each_character(text, [&](char32_t character) { width += character_width(character); });
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
        if (is_control(character) || character == replacement) {
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
