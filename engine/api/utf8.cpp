#include "engine/api/utf8.h"

namespace tandem {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

// Bytes of the well-formed character that begins at `at`, or 0.
std::size_t character_size(std::string_view text, std::size_t at) {
    const unsigned char lead = byte_at(text, at);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() - at < size) {
        return 0;
    }
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const unsigned char second = byte_at(text, at + 1);
    if (second < low || second > high) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte_at(text, at + i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text, at);
        if (size == 0) {
            return at;
        }
        at += size;
    }
    return std::nullopt;
}

bool is_utf8(std::string_view text) {
    return !find_invalid_utf8(text);
}

char32_t next_character(std::string_view text, std::size_t& at) {
    const std::size_t size = character_size(text, at);
    const std::size_t begin = at;
    at += size == 0 ? 1 : size;
    if (size <= 1) {
        return size == 0 ? replacement_character : byte_at(text, begin);
    }
    char32_t character = byte_at(text, begin) & (0x7FU >> size);
    for (std::size_t i = begin + 1; i < at; ++i) {
        character = (character << 6) | (byte_at(text, i) & 0x3FU);
    }
    return character;
}

std::string repaired_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (const auto bad = find_invalid_utf8(text)) {
        repaired += text.substr(0, *bad);
        repaired += "\xEF\xBF\xBD";
        text.remove_prefix(*bad + 1);
    }
    return repaired += text;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) {
        return text;
    }
    while (bytes > 0 && (byte_at(text, bytes) & 0xC0) == 0x80) {
        --bytes;
    }
    return text.substr(0, bytes);
}

std::string printable(std::string_view text) {
    constexpr std::size_t longest = 80;
    constexpr std::string_view digits = "0123456789ABCDEF";
    const bool whole = text.size() <= longest;
    const std::string_view start = text.substr(0, longest);
    // A cut may fall within a character: then its bytes are shown as numbers.
    const bool is_text = !find_invalid_utf8(start);
    std::string shown;
    for (const char c : start) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_text)) {
            shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        } else {
            shown += c;
        }
    }
    return whole ? shown : shown + "...";
}

}  // namespace tandem
