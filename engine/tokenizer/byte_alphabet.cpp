#include "engine/tokenizer/byte_alphabet.h"

#include <array>

#include "engine/tokenizer/unicode.h"

namespace tandem::byte_alphabet {
namespace {

constexpr bool is_printable(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char32_t, 256> make_chars() {
    std::array<char32_t, 256> chars{};
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        chars[byte] = is_printable(byte) ? byte : next++;
    }
    return chars;
}

constexpr std::array<char32_t, 256> chars = make_chars();

constexpr std::array<std::int16_t, 0x144> make_bytes() {
    std::array<std::int16_t, 0x144> bytes{};
    bytes.fill(-1);
    for (unsigned byte = 0; byte < 256; ++byte) {
        bytes[chars[byte]] = static_cast<std::int16_t>(byte);
    }
    return bytes;
}

constexpr std::array<std::int16_t, 0x144> bytes = make_bytes();

}  // namespace

char32_t char_of(std::uint8_t byte) {
    return chars[byte];
}

std::optional<std::uint8_t> byte_of(char32_t code) {
    if (code >= bytes.size() || bytes[code] < 0) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(bytes[code]);
}

void append_spelled(std::string_view text, std::string& result) {
    for (const char c : text) {
        const char32_t code = chars[static_cast<unsigned char>(c)];
        if (code < 0x80) {
            result += static_cast<char>(code);
        } else {
            unicode::append(result, code);
        }
    }
}

std::string spelled(std::string_view text) {
    std::string result;
    result.reserve(text.size() * 2);
    append_spelled(text, result);
    return result;
}

std::optional<std::string> unspelled(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        const auto byte = byte_of(c.code);
        if (!byte) {
            return std::nullopt;
        }
        result += static_cast<char>(*byte);
        text.remove_prefix(c.size);
    }
    return result;
}

}  // namespace tandem::byte_alphabet
