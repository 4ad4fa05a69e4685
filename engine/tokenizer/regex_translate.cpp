#include "engine/tokenizer/regex_translate.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::size_t longest_pattern = 16384;
constexpr int deepest = 32;
constexpr int most_open_repeats = 2;  // in one alternative: quadratic at the worst
constexpr int most_repeats = 12;
constexpr int most_counted = 1000;

// White_Space. PCRE2's own \s counts U+180E in.
constexpr std::string_view space_items = R"(\t-\r\x{20}\x{85}\p{Z})";
constexpr std::string_view not_space_items =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
constexpr std::string_view word_items = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";

// Properties that are names of Oniguruma's own and mean something else, or nothing, in PCRE2.
constexpr std::array<std::string_view, 16> own_names{"Alnum", "Alpha", "Blank", "Cntrl",   "Digit", "Graph",
                                                     "Lower", "Print", "Punct", "Space",   "Upper", "XDigit",
                                                     "Word",  "ASCII", "Any",   "Assigned"};

struct Cost {
    int repeats = 0;       // quantifiers of any kind on the longest path
    int open_repeats = 0;  // of them without an upper bound
    bool alternation = false;
};

struct Quantifier {
    bool present = false;
    bool open = false;  // no upper bound, or a large one
    bool many = false;  // more than once
    std::string text;
};

class Translator {
public:
    Translator(std::string_view pattern, const std::string& where) : pattern_(pattern), where_(where) {}

    Result<std::string> run() {
        if (pattern_.size() > longest_pattern) {
            return refuse("has more than " + std::to_string(longest_pattern) + " bytes");
        }
        TANDEM_TRY(alternatives(0));
        if (!done()) {
            return refuse("closes a group that is not open");
        }
        return std::move(out_);
    }

private:
    bool done() const { return at_ >= pattern_.size(); }
    char peek() const { return pattern_[at_]; }
    bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
    void copy(std::size_t bytes) {
        out_ += pattern_.substr(at_, bytes);
        at_ += bytes;
    }

    Error refuse(const std::string& what) const {
        return config_error("the regular expression '" + printable(pattern_) + "' " + what, where_);
    }

    Result<Cost> alternatives(int depth) {
        if (depth > deepest) {
            return refuse("nests deeper than " + std::to_string(deepest) + " groups");
        }
        Cost worst = TANDEM_TRY(sequence(depth));
        while (!done() && peek() == '|') {
            copy(1);
            const Cost other = TANDEM_TRY(sequence(depth));
            worst.repeats = std::max(worst.repeats, other.repeats);
            worst.open_repeats = std::max(worst.open_repeats, other.open_repeats);
            worst.alternation = true;
        }
        return worst;
    }

    Result<Cost> sequence(int depth) {
        Cost total;
        while (!done() && peek() != '|' && peek() != ')') {
            const bool group = peek() == '(';
            const Cost inner = TANDEM_TRY(atom(depth));
            const Quantifier quantifier = TANDEM_TRY(read_quantifier());
            if (quantifier.many && group && (inner.repeats > 0 || inner.alternation)) {
                return refuse("repeats a group that itself repeats or branches, which can take unbounded time");
            }
            out_ += quantifier.text;
            total.alternation = total.alternation || inner.alternation;
            total.repeats += inner.repeats + (quantifier.present ? 1 : 0);
            total.open_repeats += inner.open_repeats + (quantifier.open ? 1 : 0);
            if (total.open_repeats > most_open_repeats || total.repeats > most_repeats) {
                return refuse("has too many repeats in a row (at most " + std::to_string(most_open_repeats) +
                              " without an upper bound, " + std::to_string(most_repeats) +
                              " in all), which can take unbounded time");
            }
        }
        return total;
    }

    Result<Cost> atom(int depth) {
        switch (peek()) {
            case '(':
                return group(depth);
            case '[':
                TANDEM_TRY(char_class());
                return Cost{};
            case '\\':
                TANDEM_TRY(escape(false));
                return Cost{};
            case '*':
            case '+':
            case '?':
                return refuse("repeats nothing");
            case '{':
            case '}':
                return refuse("has a bare brace at byte " + std::to_string(at_));
            default:
                copy(unicode::first_char(pattern_.substr(at_)).size);
                return Cost{};
        }
    }

    Result<Cost> group(int depth) {
        if (next_is("(*")) {
            return refuse("uses '(*', which is not supported");
        }
        if (next_is("(?")) {
            constexpr std::array<std::string_view, 7> known{"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
            const auto* const form =
                std::find_if(known.begin(), known.end(), [&](std::string_view start) { return next_is(start); });
            if (form == known.end()) {
                return refuse("uses '" + printable(pattern_.substr(at_, 4)) +
                              "', supported are (?:, (?i:, (?=, (?!, (?<=, (?<! and (?>");
            }
            copy(form->size());
        } else {
            copy(1);
        }
        const Cost inner = TANDEM_TRY(alternatives(depth + 1));
        if (done()) {
            return refuse("does not close a group");
        }
        copy(1);
        return inner;
    }

    std::optional<int> number() {
        std::optional<int> value;
        while (!done() && peek() >= '0' && peek() <= '9') {
            value = std::min(value.value_or(0) * 10 + (peek() - '0'), most_counted + 1);
            ++at_;
        }
        return value;
    }

    Result<Quantifier> read_quantifier() {
        Quantifier found;
        if (done()) {
            return found;
        }
        bool braces = false;
        if (peek() == '*' || peek() == '+' || peek() == '?') {
            found = {.present = true, .open = peek() != '?', .many = peek() != '?', .text = std::string(1, peek())};
            ++at_;
        } else if (peek() == '{') {
            braces = true;
            TANDEM_TRY(counted(found));
        } else {
            return found;
        }
        if (!done() && (peek() == '?' || peek() == '+')) {
            if (braces && peek() == '+') {
                return refuse("puts + after braces, which means different things to different readers");
            }
            found.text += peek();
            ++at_;
        }
        if (!done() && (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{')) {
            return refuse("repeats a repeat, which can take unbounded time");
        }
        return found;
    }

    Result<void> counted(Quantifier& found) {
        ++at_;
        const std::optional<int> low = number();
        std::optional<int> high = low;
        bool open = false;
        if (!done() && peek() == ',') {
            ++at_;
            high = number();
            open = !high;
        }
        if (done() || peek() != '}' || (!low && !high)) {
            return refuse("has a bare brace");
        }
        ++at_;
        if (low.value_or(0) > most_counted || high.value_or(0) > most_counted) {
            return refuse("counts beyond " + std::to_string(most_counted));
        }
        found.present = true;
        found.open = open || high.value_or(0) > 16;
        found.many = open || high.value_or(0) > 1;
        found.text = "{" + std::to_string(low.value_or(0)) + "," + (open ? "" : std::to_string(*high)) + "}";
        return {};
    }

    Result<void> char_class() {
        copy(1);
        if (!done() && peek() == '^') {
            copy(1);
        }
        if (!done() && peek() == ']') {
            return refuse("has an empty class, or one that begins with ]");
        }
        while (!done() && peek() != ']') {
            if (peek() == '[' || next_is("&&")) {
                return refuse("has a class within a class or '&&' (escape a bracket with a backslash)");
            }
            if (peek() == '\\') {
                TANDEM_TRY(escape(true));
            } else {
                copy(unicode::first_char(pattern_.substr(at_)).size);
            }
        }
        if (done()) {
            return refuse("does not close a class");
        }
        copy(1);
        return {};
    }

    void items(std::string_view text, bool in_class) {
        if (in_class) {
            out_ += text;
        } else {
            out_ += "[" + std::string(text) + "]";
        }
    }

    Result<void> escape(bool in_class) {
        if (at_ + 1 >= pattern_.size()) {
            return refuse("ends in a backslash");
        }
        const char kind = pattern_[at_ + 1];
        switch (kind) {
            case 's':
                items(space_items, in_class);
                break;
            case 'S':
                items(not_space_items, in_class);
                break;
            case 'w':
                items(word_items, in_class);
                break;
            case 'W':
                if (in_class) {
                    return refuse(R"(uses \W in a class, which is not supported)");
                }
                out_ += "[^" + std::string(word_items) + "]";
                break;
            case 'd':
                out_ += R"(\p{Nd})";
                break;
            case 'D':
                out_ += R"(\P{Nd})";
                break;
            case 'n':
            case 'r':
            case 't':
            case 'f':
                copy(2);
                return {};
            case 'v':
                out_ += R"(\x{b})";
                break;
            case 'A':
            case 'z':
                if (in_class) {
                    return unknown_escape(kind);
                }
                copy(2);
                return {};
            case 'p':
            case 'P':
                return property(kind);
            case 'u':
                return code_point(4, 4);
            case 'x':
                return pattern_.substr(at_ + 2, 1) == "{" ? braced_code_point() : code_point(1, 2);
            default:
                if (static_cast<unsigned char>(kind) >= 0x80 || (kind >= '0' && kind <= '9') ||
                    (kind >= 'A' && kind <= 'Z') || (kind >= 'a' && kind <= 'z')) {
                    return unknown_escape(kind);
                }
                copy(2);
                return {};
        }
        at_ += 2;
        return {};
    }

    Error unknown_escape(char kind) const {
        return refuse("uses '\\" + printable(std::string(1, kind)) + "' at byte " + std::to_string(at_) +
                      R"(, supported are \s \S \d \D \w \W \p{..} \P{..} \n \r \t \f \v \A \z \uHHHH \xHH)");
    }

    // Two-letter names are general categories; longer ones scripts, which PCRE2 must be told not to extend.
    Result<void> property(char kind) {
        const std::size_t close = pattern_.find('}', at_);
        if (pattern_.substr(at_ + 2, 1) != "{" || close == std::string_view::npos) {
            return refuse("has a property without braces");
        }
        std::string_view name = pattern_.substr(at_ + 3, close - at_ - 3);
        bool negated = kind == 'P';
        if (name.starts_with('^')) {
            negated = !negated;
            name.remove_prefix(1);
        }
        const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        });
        if (name.empty() || name.size() > 40 || !letters ||
            std::find(own_names.begin(), own_names.end(), name) != own_names.end()) {
            return refuse("uses the property '" + printable(name) +
                          "', supported are general categories as in L or Nd, and scripts as in Han");
        }
        out_ += negated ? "\\P{" : "\\p{";
        out_ += name.size() > 2 ? "sc:" + std::string(name) : std::string(name);
        out_ += '}';
        at_ = close + 1;
        return {};
    }

    Result<void> code_point(std::size_t fewest, std::size_t most) {
        std::size_t digits = 0;
        while (digits < most && at_ + 2 + digits < pattern_.size() && is_hex(pattern_[at_ + 2 + digits])) {
            ++digits;
        }
        if (digits < fewest) {
            return refuse("has a broken character number");
        }
        return put_code(pattern_.substr(at_ + 2, digits), at_ + 2 + digits);
    }

    Result<void> braced_code_point() {
        const std::size_t close = pattern_.find('}', at_);
        if (close == std::string_view::npos) {
            return refuse("has a broken character number");
        }
        const std::string_view digits = pattern_.substr(at_ + 3, close - at_ - 3);
        if (digits.empty() || digits.size() > 6 || !std::all_of(digits.begin(), digits.end(), is_hex)) {
            return refuse("has a broken character number");
        }
        return put_code(digits, close + 1);
    }

    Result<void> put_code(std::string_view digits, std::size_t end) {
        if (digits.size() == 2 && digits[0] >= '8') {
            return refuse(R"(names a byte above \x7F, which is no character)");
        }
        out_ += "\\x{" + std::string(digits) + "}";
        at_ = end;
        return {};
    }

    static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

    std::string_view pattern_;
    const std::string& where_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

Result<std::string> translate_regex(std::string_view pattern, const std::string& where) {
    return Translator(pattern, where).run();
}

}  // namespace tandem
