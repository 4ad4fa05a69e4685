#include "engine/tensor/utf8.h"

namespace tandem {
namespace {

struct Lead {
    int following;  // continuation bytes; negative: no character starts like this
    unsigned char low;
    unsigned char high;  // allowed range of the first continuation byte
};

Lead lead_of(unsigned char byte) {
    if (byte < 0xC2 || byte > 0xF4) {
        return {-1, 0, 0};
    }
    if (byte < 0xE0) {
        return {1, 0x80, 0xBF};
    }
    if (byte < 0xF0) {
        return {2, static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
                static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
    }
    return {3, static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
            static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto first = static_cast<unsigned char>(text[at]);
        if (first < 0x80) {
            ++at;
            continue;
        }
        const Lead lead = lead_of(first);
        if (lead.following < 0) {
            return at;
        }
        for (int i = 1; i <= lead.following; ++i) {
            const std::size_t position = at + static_cast<std::size_t>(i);
            if (position >= text.size()) {
                return at;
            }
            const auto byte = static_cast<unsigned char>(text[position]);
            const unsigned char low = i == 1 ? lead.low : 0x80;
            const unsigned char high = i == 1 ? lead.high : 0xBF;
            if (byte < low || byte > high) {
                return at;
            }
        }
        at += 1 + static_cast<std::size_t>(lead.following);
    }
    return std::nullopt;
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
