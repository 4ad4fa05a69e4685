#include "experiments/wire/utf8.h"

#include <cstddef>

namespace tandem::wire {
namespace {

// Length of the well-formed sequence that begins here, or 0.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : low;
        high = lead == 0xED ? 0x9F : high;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (text.size() < length || byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xBF) {
            return 0;
        }
    }
    return length;
}

std::size_t well_formed_prefix(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t length = sequence_length(text.substr(end));
        if (length == 0) {
            break;
        }
        end += length;
    }
    return end;
}

}  // namespace

bool is_utf8(std::string_view text) {
    return well_formed_prefix(text) == text.size();
}

std::string repaired_utf8(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    while (!text.empty()) {
        const std::size_t good = well_formed_prefix(text);
        repaired += text.substr(0, good);
        text.remove_prefix(good);
        if (!text.empty()) {
            repaired += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        }
    }
    return repaired;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) {
        return text;
    }
    std::size_t end = bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return text.substr(0, end);
}

}  // namespace tandem::wire
