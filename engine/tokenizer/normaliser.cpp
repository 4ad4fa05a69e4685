#include "engine/tokenizer/normaliser.h"

#include <algorithm>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/char_classes.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// Calls `put(begin of the match, its end)` for every match.
template <class Put>
void for_matches(std::string_view text, std::string_view pattern, const SplitRegex* regex, const Put& put) {
    if (regex != nullptr) {
        thread_local std::vector<Match> matches;
        regex->find_all(text, matches);
        for (const Match& match : matches) {
            put(match.begin, match.end);
        }
    } else if (!pattern.empty()) {
        for (std::size_t at = text.find(pattern); at != std::string_view::npos;
             at = text.find(pattern, at + pattern.size())) {
            put(at, at + pattern.size());
        }
    }
}

// A step that turns each character into others, whatever stands around it: `each(character, its text, result)`.
template <class Each>
void map_chars(std::string_view text, std::string& result, std::size_t& leading, const Each& each) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        each(c.code, text.substr(at, c.size), result);
        at += c.size;
        if (at <= leading) {
            kept = result.size();
        }
    }
    leading = kept;
}

void replace_step(const NormaliseStep& step, std::string_view text, std::string& result, std::size_t& leading) {
    std::size_t done = 0;
    std::size_t kept = 0;
    bool open = leading > 0;  // all of the result so far is leading
    const auto keep = [&](std::size_t begin, std::size_t end) {
        if (open) {
            const std::size_t own = std::min(std::max(leading, begin), end) - begin;
            kept += own;
            open = own == end - begin;
        }
        result += text.substr(begin, end - begin);
    };
    for_matches(text, step.pattern, step.regex.get(), [&](std::size_t begin, std::size_t end) {
        keep(done, begin);
        // What is put in stands where the last character that goes stood.
        open = open && (step.content.empty() || end <= leading);
        kept += open ? step.content.size() : 0;
        result += step.content;
        done = end;
    });
    keep(done, text.size());
    leading = kept;
}

bool is_white(std::string_view one) {
    return CharClasses::get().is(unicode::first_char(one).code, CharClasses::whitespace);
}

void strip(const NormaliseStep& step, std::string& text, std::size_t& leading) {
    std::size_t begin = 0;
    while (step.strip_left && begin < text.size() && is_white(std::string_view(text).substr(begin))) {
        begin += unicode::char_size(text[begin]);
    }
    std::size_t end = text.size();
    while (step.strip_right && end > begin) {
        std::size_t last = end - 1;
        while (last > begin && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) {
            --last;
        }
        if (!is_white(std::string_view(text).substr(last))) {
            break;
        }
        end = last;
    }
    text.resize(end);
    text.erase(0, begin);
    leading = leading > begin ? std::min(leading - begin, text.size()) : 0;
}

// Leading characters of a normal form: the form of the leading characters, or its first character where those join
// with what follows.
std::size_t leading_of_form(std::string_view text, std::string_view formed, Form form, std::size_t leading) {
    if (leading == 0 || formed.empty()) {
        return 0;
    }
    std::string head;
    if (!to_form(text.substr(0, leading), form, head)) {
        head = text.substr(0, leading);
    }
    const std::size_t next = leading < text.size() ? unicode::char_size(text[leading]) : 0;
    std::string joined;
    const std::string_view both = text.substr(0, leading + next);
    if (!to_form(both, form, joined)) {
        joined = both;
    }
    return formed.starts_with(head) && joined.starts_with(head)
               ? head.size()
               : std::min(unicode::char_size(formed[0]), formed.size());
}

bool nmt_drops(char32_t c) {
    return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

bool nmt_spaces(char32_t c) {
    return c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 ||
           c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

void map_step(const NormaliseStep& step, std::string_view text, std::string& out, std::size_t& leading) {
    using Kind = NormaliseStep::Kind;
    const CharClasses& classes = CharClasses::get();
    const auto drop = [&](CharClasses::Class one) {
        map_chars(text, out, leading, [&](char32_t c, std::string_view all, std::string& result) {
            if (!classes.is(c, one)) {
                result += all;
            }
        });
    };
    switch (step.kind) {
        case Kind::lowercase:
            return map_chars(text, out, leading, [](char32_t c, std::string_view all, std::string& result) {
                if (c < 0x80) {
                    result += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
                } else {
                    append_lowered(all, result);
                }
            });
        case Kind::drop_combining:
            return drop(CharClasses::combining);
        case Kind::drop_nonspacing:
            return drop(CharClasses::nonspacing);
        case Kind::clean:
            return map_chars(text, out, leading, [&](char32_t c, std::string_view all, std::string& result) {
                const std::uint8_t kinds = classes.of(c);
                if (c == 0 || c == 0xFFFD || (kinds & CharClasses::control) != 0) {
                    return;
                }
                result += (kinds & CharClasses::whitespace) != 0 ? std::string_view(" ") : all;
            });
        case Kind::space_ideographs:
            return map_chars(text, out, leading, [&](char32_t c, std::string_view all, std::string& result) {
                if (!classes.is(c, CharClasses::ideograph)) {
                    result += all;
                } else {
                    result += ' ';
                    result += all;
                    result += ' ';
                }
            });
        case Kind::nmt:
            return map_chars(text, out, leading, [](char32_t c, std::string_view all, std::string& result) {
                if (!nmt_drops(c)) {
                    result += nmt_spaces(c) ? std::string_view(" ") : all;
                }
            });
        case Kind::byte_alphabet:
            return map_chars(text, out, leading, [](char32_t, std::string_view all, std::string& result) {
                byte_alphabet::append_spelled(all, result);
            });
        default:
            return;
    }
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view pattern, const SplitRegex* regex,
                        std::string_view content) {
    std::string result;
    std::size_t done = 0;
    for_matches(text, pattern, regex, [&](std::size_t begin, std::size_t end) {
        result += text.substr(done, begin - done);
        result += content;
        done = end;
    });
    result += text.substr(done);
    return result;
}

void normalise(const Normaliser& steps, std::string& text, std::string& other, std::size_t& leading) {
    using Kind = NormaliseStep::Kind;
    for (const NormaliseStep& step : steps) {
        if (text.empty()) {
            leading = 0;
            return;
        }
        other.clear();
        switch (step.kind) {
            case Kind::form:
                if (!to_form(text, step.form, other)) {
                    continue;
                }
                leading = leading_of_form(text, other, step.form, leading);
                break;
            case Kind::prepend:
                text.insert(0, step.content);
                leading = leading == 0 ? 0 : leading + step.content.size();
                continue;
            case Kind::strip:
                strip(step, text, leading);
                continue;
            case Kind::replace:
                replace_step(step, text, other, leading);
                break;
            case Kind::charsmap:
                step.charsmap->append_normalised(text, other, leading);
                break;
            default:
                map_step(step, text, other, leading);
        }
        text.swap(other);
    }
}

std::string normalise(const Normaliser& steps, std::string_view text) {
    std::string result(text);
    std::string other;
    std::size_t leading = 0;
    normalise(steps, result, other, leading);
    return result;
}

}  // namespace tandem
