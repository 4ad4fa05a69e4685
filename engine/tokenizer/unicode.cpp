#include "engine/tokenizer/unicode.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstdint>

#include "engine/api/utf8.h"

namespace tandem::unicode {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

struct Part {
    std::size_t size = 1;     // bytes of the longest beginning of a character that stands here
    bool unfinished = false;  // it is cut off by the end of the text, not by a wrong byte
};

// `at` is where a well-formed text ends.
Part broken_part(std::string_view bytes, std::size_t at) {
    const unsigned char lead = byte_at(bytes, at);
    if (lead < 0xC2 || lead > 0xF4) {
        return {};
    }
    const std::size_t whole = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::size_t size = 1;
    while (size < whole && at + size < bytes.size()) {
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        if (size == 1) {
            low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        }
        if (byte_at(bytes, at + size) < low || byte_at(bytes, at + size) > high) {
            return {.size = size};
        }
        ++size;
    }
    return {.size = size, .unfinished = size < whole};
}

icu::UnicodeString as_utf16(std::string_view text) {
    return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

// One character in title case; UnicodeString::toTitle would need a break iterator and ICU's data for it.
std::string titled(std::string_view one) {
    std::string result;
    const icu::UnicodeString source = as_utf16(one);
    const UChar32 simple = u_totitle(source.char32At(0));
    if (simple != source.char32At(0)) {
        icu::UnicodeString(simple).toUTF8String(result);
        return result;
    }
    icu::UnicodeString upper(source);
    upper.toUpper(icu::Locale::getRoot());
    if (upper.countChar32() > 1) {
        // A ligature or sharp s: the first of its letters is the capital one.
        const int first = U16_LENGTH(upper.char32At(0));
        icu::UnicodeString rest(upper, first);
        upper.truncate(first);
        upper.append(rest.toLower(icu::Locale::getRoot()));
    }
    upper.toUTF8String(result);
    return result;
}

}  // namespace

std::size_t char_size(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

Char first_char(std::string_view text) {
    const std::size_t size = char_size(text[0]);
    const unsigned char lead = byte_at(text, 0);
    if (size == 1 || size > text.size()) {
        return {.code = lead, .size = 1};
    }
    constexpr unsigned char masks[] = {0, 0, 0x1F, 0x0F, 0x07};
    char32_t code = lead & masks[size];
    for (std::size_t i = 1; i < size; ++i) {
        code = (code << 6) | (byte_at(text, i) & 0x3FU);
    }
    return {.code = code, .size = size};
}

void append(std::string& text, char32_t code) {
    const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (code < 0x80) {
        text += byte(code);
    } else if (code < 0x800) {
        text += {byte(0xC0 | (code >> 6)), byte(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
        text += {byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 0x3F)), byte(0x80 | (code & 0x3F))};
    } else {
        text += {byte(0xF0 | (code >> 18)), byte(0x80 | ((code >> 12) & 0x3F)), byte(0x80 | ((code >> 6) & 0x3F)),
                 byte(0x80 | (code & 0x3F))};
    }
}

std::string valid_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (const auto at = find_invalid_utf8(bytes)) {
        text += bytes.substr(0, *at);
        text += replacement;
        bytes.remove_prefix(*at + broken_part(bytes, *at).size);
    }
    text += bytes;
    return text;
}

std::size_t unfinished_tail(std::string_view bytes) {
    // A character has at most four bytes, so at most three can wait for the rest.
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
        const std::size_t at = bytes.size() - back;
        if ((byte_at(bytes, at) & 0xC0) == 0x80) {
            continue;
        }
        const Part part = broken_part(bytes, at);
        return part.unfinished && part.size == back ? back : 0;
    }
    return 0;
}

bool is_whitespace(char32_t code) {
    return u_isUWhiteSpace(static_cast<UChar32>(code)) != 0;
}

bool is_digit(char32_t code) {
    const auto type = u_getIntPropertyValue(static_cast<UChar32>(code), UCHAR_NUMERIC_TYPE);
    return type == U_NT_DECIMAL || type == U_NT_DIGIT;
}

bool is_printable(char32_t code) {
    return code == ' ' || (U_GET_GC_MASK(static_cast<UChar32>(code)) & (U_GC_C_MASK | U_GC_Z_MASK)) == 0;
}

bool is_numeric(char32_t code) {
    return (U_GET_GC_MASK(static_cast<UChar32>(code)) & U_GC_N_MASK) != 0;
}

bool is_word(char32_t code) {
    const auto c = static_cast<UChar32>(code);
    return u_hasBinaryProperty(c, UCHAR_ALPHABETIC) != 0 ||
           (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
           u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0;
}

bool is_letter(char32_t code) {
    return (U_GET_GC_MASK(static_cast<UChar32>(code)) & U_GC_L_MASK) != 0;
}

bool is_decimal(char32_t code) {
    return u_charType(static_cast<UChar32>(code)) == U_DECIMAL_DIGIT_NUMBER;
}

bool is_python_numeric(char32_t code) {
    return u_getIntPropertyValue(static_cast<UChar32>(code), UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

std::string upper_text(std::string_view text) {
    std::string result;
    as_utf16(text).toUpper(icu::Locale::getRoot()).toUTF8String(result);
    return result;
}

std::string lower_text(std::string_view text) {
    std::string result;
    as_utf16(text).toLower(icu::Locale::getRoot()).toUTF8String(result);
    return result;
}

std::string folded_text(std::string_view text) {
    std::string result;
    as_utf16(text).foldCase().toUTF8String(result);
    return result;
}

std::string title_text(std::string_view text) {
    std::string result;
    bool in_word = false;
    while (!text.empty()) {
        const Char c = first_char(text);
        const std::string_view one = text.substr(0, c.size);
        result += in_word ? lower_text(one) : titled(one);
        in_word = u_hasBinaryProperty(static_cast<UChar32>(c.code), UCHAR_CASED) != 0;
        text.remove_prefix(c.size);
    }
    return result;
}

std::string capitalised_text(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    const std::size_t size = char_size(text[0]);
    return titled(text.substr(0, size)) + lower_text(text.substr(size));
}

}  // namespace tandem::unicode
