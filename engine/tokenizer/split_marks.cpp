#include "engine/tokenizer/split_marks.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "engine/tokenizer/unicode.h"

namespace tandem::split_marks {
namespace {

// Unassigned, or any script at all.
constexpr int any_script = -1;

// The reference's table is of Unicode 9, with a few characters of its own mind.
int script_of(char32_t code) {
    if (code == ' ') {
        return any_script;
    }
    if (code < 0x80) {
        return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ? USCRIPT_LATIN : USCRIPT_COMMON;
    }
    if (code == 0x30FC) {
        return USCRIPT_HAN;
    }
    if (code == 0x953 || code == 0x954) {
        return USCRIPT_DEVANAGARI;
    }
    if (code == 0x589 || code == 0x61C) {
        return USCRIPT_COMMON;
    }
    const auto c = static_cast<UChar32>(code);
    UVersionInfo age;
    u_charAge(c, age);
    if (age[0] == 0 || age[0] > 9) {
        return any_script;
    }
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    if (script == USCRIPT_UNKNOWN) {
        return any_script;
    }
    return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ? USCRIPT_HAN : script;
}

}  // namespace

void literal(std::string_view text, std::string_view literal, std::vector<Match>& matches) {
    matches.clear();
    if (literal.empty()) {
        return;
    }
    for (std::size_t at = text.find(literal); at != std::string_view::npos; at = text.find(literal, at)) {
        matches.push_back({.begin = at, .end = at + literal.size()});
        at += literal.size();
    }
}

void characters(std::string_view text, CharClasses::Class one, std::vector<Match>& matches) {
    matches.clear();
    const CharClasses& classes = CharClasses::get();
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        if (classes.is(c.code, one)) {
            matches.push_back({.begin = at, .end = at + c.size});
        }
        at += c.size;
    }
}

void grouped_digits(std::string_view text, std::vector<Match>& matches) {
    std::vector<Match> digits;
    characters(text, CharClasses::numeric, digits);
    matches.clear();
    for (std::size_t i = 0; i < digits.size();) {
        std::size_t end = i + 1;
        while (end < digits.size() && digits[end].begin == digits[end - 1].end) {
            ++end;
        }
        for (std::size_t size = (end - i) % 3 == 0 ? 3 : (end - i) % 3; i < end; i += size, size = 3) {
            matches.push_back({.begin = digits[i].begin, .end = digits[i + size - 1].end});
        }
    }
}

void words(std::string_view text, std::vector<Match>& matches) {
    matches.clear();
    const CharClasses& classes = CharClasses::get();
    enum class Run { space, word, other };
    Run run = Run::space;
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        const std::uint8_t kinds = classes.of(c.code);
        const Run next = (kinds & CharClasses::word) != 0         ? Run::word
                         : (kinds & CharClasses::whitespace) != 0 ? Run::space
                                                                  : Run::other;
        if (next != Run::space) {
            if (next != run) {
                matches.push_back({.begin = at, .end = at});
            }
            matches.back().end = at + c.size;
        }
        run = next;
        at += c.size;
    }
}

void scripts(std::string_view text, std::vector<Match>& matches) {
    matches.clear();
    int last = any_script;
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        const int script = script_of(c.code);
        if (script != any_script && script != last) {
            if (!matches.empty()) {
                matches.back().end = at;
            }
            matches.push_back({.begin = at, .end = text.size()});
            last = script;
        }
        at += c.size;
    }
}

void fixed_length(std::string_view text, std::size_t length, std::vector<Match>& matches) {
    matches.clear();
    std::size_t begin = 0;
    std::size_t chars = 0;
    for (std::size_t at = 0; at < text.size();) {
        at += unicode::char_size(text[at]);
        if (++chars == length || at >= text.size()) {
            matches.push_back({.begin = begin, .end = at});
            begin = at;
            chars = 0;
        }
    }
}

}  // namespace tandem::split_marks
