#include "engine/evaluation/text.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::scores {

bool is_space(char32_t code) {
    if (code < 0x80) {
        return code == ' ' || (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x1F);
    }
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_ascii_punctuation(char32_t code) {
    return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') || (code >= '[' && code <= '`') ||
           (code >= '{' && code <= '~');
}

std::u32string characters(std::string_view text) {
    std::u32string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        result += next_character(text, at);
    }
    return result;
}

std::u32string lower_characters(std::string_view text) {
    return characters(unicode::lower_text(repaired_utf8(text)));
}

void strip_right(std::u32string& text) {
    while (!text.empty() && is_space(text.back())) {
        text.pop_back();
    }
}

void strip(std::u32string& text) {
    strip_right(text);
    std::size_t begin = 0;
    while (begin < text.size() && is_space(text[begin])) {
        ++begin;
    }
    text.erase(0, begin);
}

std::vector<std::u32string_view> split(std::u32string_view text) {
    std::vector<std::u32string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && !is_space(text[at])) {
            ++at;
        }
        words.push_back(text.substr(begin, at - begin));
    }
    return words;
}

std::size_t replace_all(std::u32string& text, std::u32string_view found, std::u32string_view replacement) {
    std::size_t at = text.find(found);
    if (at == std::u32string::npos) {
        return 0;
    }
    std::u32string result;
    std::size_t done = 0, count = 0;
    for (; at != std::u32string::npos; at = text.find(found, done)) {
        result.append(text, done, at - done).append(replacement);
        done = at + found.size();
        ++count;
    }
    text = result.append(text, done);
    return count;
}

}  // namespace tandem::scores
