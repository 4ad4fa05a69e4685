#include <algorithm>
#include <array>
#include <charconv>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_syntax.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

constexpr std::size_t most_tokens = 200000;

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Lexer {
public:
    explicit Lexer(std::string_view source) {
        // Line ends are one character, and one at the very end does not count.
        for (std::size_t i = 0; i < source.size(); ++i) {
            if (source[i] == '\r') {
                text_ += '\n';
                i += i + 1 < source.size() && source[i + 1] == '\n' ? 1 : 0;
            } else {
                text_ += source[i];
            }
        }
        if (text_.ends_with('\n')) {
            text_.pop_back();
        }
    }

    std::vector<Token> run() {
        while (at_ < text_.size()) {
            data();
        }
        add(TokenKind::end, "");
        return std::move(tokens_);
    }

private:
    bool next_is(std::string_view text) const { return std::string_view(text_).substr(at_).starts_with(text); }

    Place place() const { return place_; }

    void advance(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[at_ + i] == '\n') {
                ++place_.line;
                place_.column = 1;
            } else {
                ++place_.column;
            }
        }
        at_ += count;
    }

    void add(TokenKind kind, std::string text) {
        if (tokens_.size() >= most_tokens) {
            refuse("the template has more than " + std::to_string(most_tokens) + " parts", place());
        }
        tokens_.push_back({kind, std::move(text), place()});
    }

    // Text up to the next tag, with what its first sign says about the white space before it.
    void data() {
        std::size_t tag = text_.find('{', at_);
        while (tag != std::string::npos &&
               (tag + 1 >= text_.size() || std::string_view("{%#").find(text_[tag + 1]) == std::string_view::npos)) {
            tag = text_.find('{', tag + 1);
        }
        const std::size_t end = std::min(tag, text_.size());
        std::string_view before = std::string_view(text_).substr(at_, end - at_);
        const char kind = tag == std::string::npos ? '\0' : text_[tag + 1];
        const char sign = tag != std::string::npos && tag + 2 < text_.size() ? text_[tag + 2] : '\0';
        if (kind != '\0') {
            before = before_tag(before, sign, kind != '{');
        }
        if (!before.empty()) {
            add(TokenKind::data, std::string(before));
        }
        advance(end - at_);
        line_starting_ = false;
        if (kind == '\0') {
            return;
        }
        const Place opened = place();
        const std::size_t signs = sign == '-' || sign == '+' ? 1 : 0;
        if (kind == '%' && raw(signs, opened)) {
            return;
        }
        if (kind == '#') {
            advance(2);
            comment(opened);
            return;
        }
        add(kind == '%' ? TokenKind::block_begin : TokenKind::variable_begin, "");
        advance(2 + signs);
        inside(kind == '%', opened);
    }

    std::size_t space_from(std::size_t at) const {
        while (at < text_.size()) {
            const unicode::Char c = unicode::first_char(std::string_view(text_).substr(at));
            if (!is_python_space(c.code)) {
                break;
            }
            at += c.size;
        }
        return at;
    }

    // "{% raw %}" up to "{% endraw %}" is text.
    bool raw(std::size_t signs, Place opened) {
        const std::string_view text(text_);
        std::size_t at = space_from(at_ + 2 + signs);
        if (!text.substr(at).starts_with("raw")) {
            return false;
        }
        at = space_from(at + 3);
        const bool strips = text.substr(at).starts_with("-%}");
        if (!strips && !text.substr(at).starts_with("%}")) {
            return false;
        }
        at += strips ? 3 : 2;
        const std::size_t begin = strips ? space_from(at) : at;
        line_starting_ = begin > 0 && text_[begin - 1] == '\n';
        for (std::size_t tag = text.find("{%", begin); tag != std::string::npos; tag = text.find("{%", tag + 1)) {
            const char sign = tag + 2 < text.size() ? text[tag + 2] : '\0';
            std::size_t end = space_from(tag + 2 + (sign == '-' || sign == '+' ? 1 : 0));
            if (!text.substr(end).starts_with("endraw")) {
                continue;
            }
            end = space_from(end + 6);
            const char last = end < text.size() && (text[end] == '-' || text[end] == '+') ? text[end] : '\0';
            end += last == '\0' ? 0 : 1;
            if (!text.substr(end).starts_with("%}")) {
                continue;
            }
            std::string_view inner = text.substr(begin, tag - begin);
            inner = before_tag(inner, sign, true);
            if (!inner.empty()) {
                add(TokenKind::data, std::string(inner));
            }
            advance(end + 2 - at_);
            after_tag(last, true);
            return true;
        }
        refuse("a raw block does not end", opened);
    }

    // What stays of the text before a tag, by the tag's first sign.
    std::string_view before_tag(std::string_view before, char sign, bool lstrips) const {
        if (sign == '-') {
            return without_space_behind(before);
        }
        if (lstrips && sign != '+') {
            const std::size_t newline = before.rfind('\n');
            const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
            const bool at_line_start = newline != std::string_view::npos || line_starting_;
            if (at_line_start && is_space(before.substr(line))) {
                return before.substr(0, line);
            }
        }
        return before;
    }

    static std::string_view without_space_behind(std::string_view text) {
        while (!text.empty()) {
            std::size_t last = text.size() - 1;
            while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) {
                --last;
            }
            if (!is_python_space(unicode::first_char(text.substr(last)).code)) {
                break;
            }
            text = text.substr(0, last);
        }
        return text;
    }

    static bool is_space(std::string_view text) { return without_space_behind(text).empty(); }
    static bool is_python_space(char32_t code) {
        return unicode::is_whitespace(code) || (code >= 0x1C && code <= 0x1F);
    }

    void skip_space() {
        while (at_ < text_.size()) {
            const unicode::Char c = unicode::first_char(std::string_view(text_).substr(at_));
            if (!is_python_space(c.code)) {
                return;
            }
            line_starting_ = c.code == '\n';
            advance(c.size);
        }
    }

    // After a tag: "-" takes all white space along, a block or comment its line end unless "+" is there.
    void after_tag(char sign, bool trims) {
        line_starting_ = false;
        if (sign == '-') {
            skip_space();
        } else if (trims && sign != '+' && next_is("\n")) {
            advance(1);
            line_starting_ = true;
        }
    }

    void comment(Place opened) {
        const std::size_t close = text_.find("#}", at_);
        if (close == std::string::npos) {
            refuse("a comment does not end", opened);
        }
        const char sign = close > at_ ? text_[close - 1] : '\0';
        advance(close + 2 - at_);
        after_tag(sign == '-' || sign == '+' ? sign : '\0', true);
    }

    void inside(bool block, Place opened) {
        std::vector<char> brackets;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\v') {
                advance(1);
                continue;
            }
            const std::size_t signs = c == '-' || (c == '+' && block) ? 1 : 0;
            const std::string_view close = block ? "%}" : "}}";
            if (brackets.empty() && std::string_view(text_).substr(at_ + signs).starts_with(close)) {
                add(block ? TokenKind::block_end : TokenKind::variable_end, "");
                advance(signs + 2);
                after_tag(signs == 1 ? c : '\0', block);
                return;
            }
            token(brackets);
        }
        refuse(block ? "a tag {% does not end" : "a tag {{ does not end", opened);
    }

    void token(std::vector<char>& brackets) {
        const char c = text_[at_];
        if (is_name_start(c) || static_cast<unsigned char>(c) >= 0x80) {
            name();
        } else if (is_digit(c)) {
            number();
        } else if (c == '\'' || c == '"') {
            quoted(c);
        } else {
            operation(brackets);
        }
    }

    void take(TokenKind kind, std::size_t end) {
        add(kind, text_.substr(at_, end - at_));
        advance(end - at_);
    }

    void name() {
        std::size_t end = at_;
        while (end < text_.size()) {
            const unicode::Char c = unicode::first_char(std::string_view(text_).substr(end));
            const bool belongs = c.code < 0x80 ? is_name_start(text_[end]) || is_digit(text_[end])
                                               : unicode::is_word(c.code) || unicode::is_numeric(c.code);
            if (!belongs) {
                break;
            }
            end += c.size;
        }
        if (end == at_ || unicode::is_numeric(unicode::first_char(std::string_view(text_).substr(at_)).code)) {
            refuse("a name cannot begin with '" + printable(text_.substr(at_, unicode::char_size(text_[at_]))) + "'",
                   place());
        }
        take(TokenKind::name, end);
    }

    // 0x1F, 0o17, 0b101.
    bool based_number() {
        const char kind = at_ + 1 < text_.size() ? static_cast<char>(text_[at_ + 1] | 0x20) : '\0';
        const int base = text_[at_] != '0' ? 0 : kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        if (base == 0) {
            return false;
        }
        std::size_t end = at_ + 2;
        std::string digits;
        const auto is_one = [&](char c) {
            const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | (c >= 'A' ? 0x20 : 0)));
            return digit < static_cast<std::size_t>(base);
        };
        while (end < text_.size() &&
               (is_one(text_[end]) || (text_[end] == '_' && end + 1 < text_.size() && is_one(text_[end + 1])))) {
            digits += text_[end] == '_' ? "" : std::string(1, text_[end]);
            ++end;
        }
        std::int64_t value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec != std::errc()) {
            refuse("the number " + printable(text_.substr(at_, end - at_)) + " is out of range", place());
        }
        add(TokenKind::integer, std::to_string(value));
        advance(end - at_);
        return true;
    }

    void number() {
        if (based_number()) {
            return;
        }
        std::size_t end = at_;
        const auto digits = [&] {
            while (end < text_.size() && (is_digit(text_[end]) ||
                                          (text_[end] == '_' && end + 1 < text_.size() && is_digit(text_[end + 1])))) {
                ++end;
            }
        };
        digits();
        TokenKind kind = TokenKind::integer;
        if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
            kind = TokenKind::real;
            ++end;
            digits();
        }
        if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t power = end + 1;
            power += power < text_.size() && (text_[power] == '+' || text_[power] == '-') ? 1 : 0;
            if (power < text_.size() && is_digit(text_[power])) {
                kind = TokenKind::real;
                end = power;
                digits();
            }
        }
        take(kind, end);
    }

    void quoted(char quote) {
        const Place opened = place();
        std::string value;
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != quote) {
            if (text_[end] == '\\' && end + 1 < text_.size()) {
                end = escape(end, value, opened);
            } else {
                value += text_[end++];
            }
        }
        if (end >= text_.size()) {
            refuse("a text does not end", opened);
        }
        add(TokenKind::text, std::move(value));
        advance(end + 1 - at_);
    }

    // Python's escapes; one that Python does not know keeps its backslash.
    std::size_t escape(std::size_t at, std::string& value, Place opened) {
        const char kind = text_[at + 1];
        constexpr std::string_view letters = "ntrabfv\\'\"";
        constexpr std::string_view meanings = "\n\t\r\a\b\f\v\\'\"";
        if (const std::size_t known = letters.find(kind); known != std::string_view::npos) {
            value += meanings[known];
            return at + 2;
        }
        if (kind == '\n') {
            return at + 2;
        }
        const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
        if (digits == 0) {
            if (kind == 'N') {
                refuse("an escape with a character's name is not supported", opened);
            }
            if (kind >= '0' && kind <= '7') {
                char32_t code = 0;
                std::size_t end = at + 1;
                for (; end < text_.size() && end < at + 4 && text_[end] >= '0' && text_[end] <= '7'; ++end) {
                    code = code * 8 + static_cast<char32_t>(text_[end] - '0');
                }
                unicode::append(value, code);
                return end;
            }
            value += '\\';
            return at + 1;
        }
        char32_t code = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = at + 2 + i < text_.size() ? text_[at + 2 + i] : ' ';
            const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | (c >= 'A' ? 0x20 : 0)));
            if (digit == std::string_view::npos) {
                refuse("an escape is broken", opened);
            }
            code = code * 16 + static_cast<char32_t>(digit);
        }
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            refuse("an escape names no character", opened);
        }
        unicode::append(value, code);
        return at + 2 + digits;
    }

    void operation(std::vector<char>& brackets) {
        constexpr std::array<std::string_view, 26> known{"//", "**", "==", "!=", "<=", ">=", "+", "-", "*",
                                                         "/",  "%",  "~",  "<",  ">",  "=",  ".", ",", ":",
                                                         "|",  "(",  ")",  "[",  "]",  "{",  "}", ";"};
        for (const std::string_view text : known) {
            if (!next_is(text)) {
                continue;
            }
            const char c = text[0];
            if (c == '(' || c == '[' || c == '{') {
                brackets.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
            } else if (c == ')' || c == ']' || c == '}') {
                if (brackets.empty() || brackets.back() != c) {
                    refuse(std::string("'") + c + "' closes nothing", place());
                }
                brackets.pop_back();
            }
            take(TokenKind::operation, at_ + text.size());
            return;
        }
        refuse("found '" + printable(text_.substr(at_, 1)) + "', which means nothing here", place());
    }

    std::string text_;
    std::size_t at_ = 0;
    Place place_;
    bool line_starting_ = true;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenise(std::string_view source) {
    return Lexer(source).run();
}

}  // namespace tandem::jinja
