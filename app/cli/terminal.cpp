#include "app/cli/terminal.h"

#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tandem::cli {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

int descriptor(Stream stream) {
    return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO;
}

int character_columns(UChar32 character) {
    const auto category = u_charType(character);
    if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) {
        return 0;
    }
    const int width = u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

}  // namespace

bool is_terminal(Stream stream) {
    return isatty(descriptor(stream)) == 1;
}

bool has_colour(Stream stream) {
    return is_terminal(stream) && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

int terminal_width() {
    constexpr int usual = 80;
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return usual;
    }
    return size.ws_col;
}

std::string toned(Stream stream, Tone tone, std::string_view text) {
    constexpr std::array<const char*, 6> codes{"", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    if (tone == Tone::plain || !has_colour(stream)) {
        return std::string(text);
    }
    return codes.at(static_cast<std::size_t>(tone)) + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 0xF]};
        } else {
            out += c;
        }
    }
    return out;
}

int text_columns(std::string_view text) {
    int columns = 0;
    const auto length = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < length;) {
        UChar32 character = 0;
        U8_NEXT_OR_FFFD(text.data(), at, length, character);
        columns += character_columns(character);
    }
    return columns;
}

std::string fit(std::string_view text, int columns) {
    if (text_columns(text) <= columns) {
        return std::string(text);
    }
    constexpr std::string_view cut = "...";
    if (columns <= static_cast<int>(cut.size())) {
        return std::string(cut.substr(0, static_cast<std::size_t>(std::max(columns, 0))));
    }
    int taken = 0;
    const auto length = static_cast<std::int32_t>(text.size());
    std::int32_t end = 0;
    while (end < length) {
        std::int32_t next = end;
        UChar32 character = 0;
        U8_NEXT_OR_FFFD(text.data(), next, length, character);
        const int width = character_columns(character);
        if (taken + width > columns - static_cast<int>(cut.size())) {
            break;
        }
        taken += width;
        end = next;
    }
    return std::string(text.substr(0, static_cast<std::size_t>(end))) + std::string(cut);
}

}  // namespace tandem::cli
