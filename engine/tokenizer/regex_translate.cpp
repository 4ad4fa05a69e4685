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
constexpr int deepest_class = 8;

struct Cost {
    int repeats = 0;       // quantifiers of any kind on the longest path
    int open_repeats = 0;  // of them without an upper bound
    bool alternation = false;
};

struct Quantifier {
    bool present = false;
    bool open = false;   // no upper bound, or a large one
    bool many = false;   // more than once
    bool fixed = false;  // always the same count, so that there is nothing to try
    std::string text;
};

class Translator {
public:
    Translator(std::string_view pattern, UnicodeUse use, const std::string& where)
        : pattern_(pattern), use_(use), where_(where) {}

    Result<std::string> run() {
        if (pattern_.size() > longest_pattern) {
            return refuse("has more than " + std::to_string(longest_pattern) + " bytes");
        }
        if (next_is("(?i)")) {
            copy(4);
            caseless_ = true;
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
        last_letter_ = 0;
        while (!done() && peek() != '|' && peek() != ')') {
            const bool group = peek() == '(';
            const Cost inner = TANDEM_TRY(atom(depth));
            const Quantifier quantifier = TANDEM_TRY(read_quantifier());
            if (quantifier.many && group && (inner.repeats > 0 || inner.alternation)) {
                return refuse("repeats a group that itself repeats or branches, which can take unbounded time");
            }
            out_ += quantifier.text;
            total.alternation = total.alternation || inner.alternation;
            total.repeats += inner.repeats + (quantifier.present && !quantifier.fixed ? 1 : 0);
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
            case '[': {
                const RegexSet set = TANDEM_TRY(char_class(0));
                return put_set(set);
            }
            case '\\':
                return escape();
            case '*':
            case '+':
            case '?':
                return refuse("repeats nothing");
            case '{':
                if (interval_size() > 0) {
                    return refuse("repeats nothing");
                }
                [[fallthrough]];
            case '}':
                out_ += '\\';
                copy(1);
                last_letter_ = 0;
                return Cost{};
            default:
                return literal(unicode::first_char(pattern_.substr(at_)).size);
        }
    }

    // A character that stands for itself. Without regard to case Oniguruma also takes one character for several ("ss"
    // and sharp s), PCRE2 never: such an expression is refused.
    Result<Cost> literal(std::size_t size) {
        const char c = static_cast<char>(peek() >= 'A' && peek() <= 'Z' ? peek() + ('a' - 'A') : peek());
        if (caseless_) {
            if (size > 1) {
                return refuse("has a character beyond ASCII where case does not count, which is not supported");
            }
            constexpr std::array<std::string_view, 5> ligatures{"ss", "ff", "fi", "fl", "st"};
            const std::array<char, 2> pair{last_letter_, c};
            if (std::find(ligatures.begin(), ligatures.end(), std::string_view(pair.data(), 2)) != ligatures.end()) {
                return refuse("has '" + std::string(pair.data(), 2) +
                              "' where case does not count, which a ligature matches too; that is not supported");
            }
        }
        last_letter_ = c;
        copy(size);
        return Cost{};
    }

    Cost put_set(const RegexSet& set) {
        out_ += set.expression();
        last_letter_ = 0;
        return {};
    }

    Result<Cost> group(int depth) {
        const bool was_caseless = caseless_;
        if (next_is("(*")) {
            return refuse("uses '(*', which is not supported");
        }
        if (next_is("(?#")) {
            const std::size_t close = pattern_.find(')', at_);
            if (close == std::string_view::npos) {
                return refuse("does not close a group");
            }
            at_ = close + 1;
            return Cost{};
        }
        const bool is_named = next_is("(?<") && !next_is("(?<=") && !next_is("(?<!");
        if (is_named) {
            const std::size_t close = pattern_.find('>', at_);
            if (close == std::string_view::npos) {
                return refuse("does not close a group's name");
            }
            at_ = close + 1;
            out_ += "(?:";
        } else if (next_is("(?m:")) {
            at_ += 4;
            out_ += "(?s:";  // what Oniguruma calls multi-line: a dot takes a line's end too
        } else if (next_is("(?")) {
            constexpr std::array<std::string_view, 7> known{"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
            const auto* const form =
                std::find_if(known.begin(), known.end(), [&](std::string_view start) { return next_is(start); });
            if (form == known.end()) {
                return refuse("uses '" + printable(pattern_.substr(at_, 4)) +
                              "', supported are (?:, (?i:, (?m:, (?=, (?!, (?<=, (?<!, (?>, (?<name> and (?i) at the "
                              "start");
            }
            caseless_ = caseless_ || *form == "(?i:";
            copy(form->size());
        } else {
            copy(1);
        }
        const Cost inner = TANDEM_TRY(alternatives(depth + 1));
        if (done()) {
            return refuse("does not close a group");
        }
        copy(1);
        caseless_ = was_caseless;
        last_letter_ = 0;
        return inner;
    }

    // Bytes of a well-formed {n}, {n,}, {,m} or {n,m} that begins here; 0: the brace stands for itself.
    std::size_t interval_size() const {
        std::size_t at = at_ + 1;
        const auto digits = [&] {
            const std::size_t from = at;
            while (at < pattern_.size() && pattern_[at] >= '0' && pattern_[at] <= '9') {
                ++at;
            }
            return at - from;
        };
        std::size_t count = digits();
        if (at < pattern_.size() && pattern_[at] == ',') {
            ++at;
            count += digits();
        }
        return count > 0 && at < pattern_.size() && pattern_[at] == '}' ? at + 1 - at_ : 0;
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
        bool fixed = false;
        if (peek() == '*' || peek() == '+' || peek() == '?') {
            found = {.present = true, .open = peek() != '?', .many = peek() != '?', .text = std::string(1, peek())};
            ++at_;
        } else if (peek() == '{' && interval_size() > 0) {
            braces = true;
            fixed = pattern_.substr(at_, interval_size()).find(',') == std::string_view::npos;
            TANDEM_TRY(counted(found));
        } else {
            return found;
        }
        if (!done() && (peek() == '?' || peek() == '+')) {
            if (braces && (peek() == '+' || fixed)) {
                return refuse(std::string("puts ") + peek() +
                              " after braces, which means different things to different readers");
            }
            found.text += peek();
            ++at_;
        }
        last_letter_ = 0;
        if (!done() && (peek() == '*' || peek() == '+' || peek() == '?' || (peek() == '{' && interval_size() > 0))) {
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
        found.fixed = !open && low == high;
        found.open = open || high.value_or(0) > 16;
        found.many = open || high.value_or(0) > 1;
        found.text = "{" + std::to_string(low.value_or(0)) + "," + (open ? "" : std::to_string(*high)) + "}";
        return {};
    }

    // A bracket expression, which may hold others and intersections; the latter bind weakest.
    Result<RegexSet> char_class(int depth) {
        if (depth > deepest_class) {
            return refuse("nests classes deeper than " + std::to_string(deepest_class));
        }
        ++at_;
        const bool negated = !done() && peek() == '^';
        at_ += negated ? 1 : 0;
        if (!done() && peek() == ']') {
            return refuse("has an empty class, or one that begins with ]");
        }
        RegexSet set;
        std::string also;  // look-aheads for the parts before the last &&
        while (!done() && peek() != ']') {
            if (next_is("&&")) {
                also += "(?=" + set.expression() + ")";
                set = {};
                at_ += 2;
            } else {
                TANDEM_TRY(class_item(depth, set));
            }
        }
        if (done()) {
            return refuse("does not close a class");
        }
        ++at_;
        if (!also.empty()) {
            set = {.others = {"(?>" + also + set.expression() + ")"}};
        }
        return negated ? RegexSet{.others = {set.expression(true)}} : set;
    }

    Result<void> class_item(int depth, RegexSet& set) {
        if (next_is("[:")) {
            const std::size_t close = pattern_.find(":]", at_);
            const std::string_view name =
                close == std::string_view::npos ? std::string_view() : pattern_.substr(at_ + 2, close - at_ - 2);
            const bool negated = name.starts_with('^');
            const auto found = posix_set(negated ? name.substr(1) : name, negated, use_);
            if (!found) {
                return refuse("has the class '[:" + printable(name.substr(0, 20)) +
                              "', supported are alnum, alpha, digit, lower, punct, space, upper, word, xdigit");
            }
            if (caseless_ && is_cased_property(name)) {
                return refuse("tells upper from lower case where case does not count");
            }
            set.add(*found);
            at_ = close + 2;
            return {};
        }
        if (peek() == '[') {
            const RegexSet inner = TANDEM_TRY(char_class(depth + 1));
            set.add(inner);
            return {};
        }
        if (peek() == '\\') {
            const RegexSet found = TANDEM_TRY(escaped_set());
            set.add(found);
            return {};
        }
        const std::size_t size = unicode::first_char(pattern_.substr(at_)).size;
        if (size > 1 && caseless_) {
            return refuse("has a character beyond ASCII where case does not count, which is not supported");
        }
        set.items += pattern_.substr(at_, size);
        at_ += size;
        return {};
    }

    // What a backslash stands for outside of a class, where it is no set of characters.
    Result<Cost> escape() {
        const std::string_view next = pattern_.substr(at_ + 1, 1);
        const auto put = [&](const std::string& text) {
            out_ += text;
            at_ += 2;
            last_letter_ = 0;
            return Cost{};
        };
        if (next == "A" || next == "z" || next == "Z") {
            return put("\\" + std::string(next));
        }
        if (next == "R") {
            return put(R"((?>\r\n|[\n-\r\x{85}\x{2028}\x{2029}]))");
        }
        if (next == "b" || next == "B") {
            const std::string word = lone_word_set(false, use_).expression();
            const std::string other = next == "b" ? "(?!" : "(?=";
            const std::string same = next == "b" ? "(?=" : "(?!";
            return put("(?:(?<=" + word + ")" + other + word + ")|(?<!" + word + ")" + same + word + "))");
        }
        const bool is_sign =
            !next.empty() && static_cast<unsigned char>(next[0]) < 0x80 && !is_letter_or_digit(next[0]);
        if (is_sign) {
            return put("\\" + std::string(next));
        }
        if (next == "w" || next == "W") {
            at_ += 2;
            return put_set(lone_word_set(next == "W", use_));
        }
        const RegexSet set = TANDEM_TRY(escaped_set());
        return put_set(set);
    }

    Result<RegexSet> escaped_set() {
        if (at_ + 1 >= pattern_.size()) {
            return refuse("ends in a backslash");
        }
        const char kind = pattern_[at_ + 1];
        RegexSet set;
        switch (kind) {
            case 's':
            case 'S':
                set = space_set(kind == 'S');
                break;
            case 'w':
            case 'W':
                set = word_set(kind == 'W', use_);
                break;
            case 'd':
            case 'D':
                set = *property_set("Nd", kind == 'D', use_);
                break;
            case 'h':
            case 'H':
                set = *posix_set("xdigit", kind == 'H', use_);
                break;
            case 'n':
            case 'r':
            case 't':
            case 'f':
                set.items = {'\\', kind};
                break;
            case 'v':
                set.items = R"(\x{b})";
                break;
            case 'a':
                set.items = R"(\x{7})";
                break;
            case 'e':
                set.items = R"(\x{1b})";
                break;
            case 'p':
            case 'P':
                return property(kind);
            case 'u':
                return code_point(4, 4);
            case 'x':
                return pattern_.substr(at_ + 2, 1) == "{" ? braced_code_point() : code_point(1, 2);
            default:
                if (static_cast<unsigned char>(kind) >= 0x80 || is_letter_or_digit(kind)) {
                    return refuse("uses '\\" + printable(std::string(1, kind)) + "' at byte " + std::to_string(at_) +
                                  R"(, supported are \s \S \d \D \w \W \h \H \p{..} \P{..} \n \r \t \f \v \a \e \A \z )"
                                  R"(\Z \b \B \R \uHHHH \xHH)");
                }
                set.items = {'\\', kind};
        }
        at_ += 2;
        return set;
    }

    // The first name is a general category or a script, as Oniguruma and PCRE2 both have them.
    Result<RegexSet> property(char kind) {
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
        const auto set = property_set(name, negated, use_);
        if (!set) {
            return refuse("uses the property '" + printable(name) +
                          "', supported are general categories as in L or Nd, and scripts as in Han");
        }
        if (caseless_ && is_cased_property(name)) {
            return refuse("tells upper from lower case where case does not count");
        }
        at_ = close + 1;
        return *set;
    }

    Result<RegexSet> code_point(std::size_t fewest, std::size_t most) {
        std::size_t digits = 0;
        while (digits < most && at_ + 2 + digits < pattern_.size() && is_hex(pattern_[at_ + 2 + digits])) {
            ++digits;
        }
        if (digits < fewest) {
            return refuse("has a broken character number");
        }
        return code(pattern_.substr(at_ + 2, digits), at_ + 2 + digits);
    }

    Result<RegexSet> braced_code_point() {
        const std::size_t close = pattern_.find('}', at_);
        if (close == std::string_view::npos) {
            return refuse("has a broken character number");
        }
        const std::string_view digits = pattern_.substr(at_ + 3, close - at_ - 3);
        if (digits.empty() || digits.size() > 6 || !std::all_of(digits.begin(), digits.end(), is_hex)) {
            return refuse("has a broken character number");
        }
        return code(digits, close + 1);
    }

    Result<RegexSet> code(std::string_view digits, std::size_t end) {
        if (digits.size() == 2 && digits[0] >= '8') {
            return refuse(R"(names a byte above \x7F, which is no character)");
        }
        const auto is_plain = digits.size() <= 2;
        if (caseless_ && !is_plain) {
            return refuse("has a character beyond ASCII where case does not count, which is not supported");
        }
        at_ = end;
        return RegexSet{.items = "\\x{" + std::string(digits) + "}"};
    }

    static bool is_letter_or_digit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

    std::string_view pattern_;
    UnicodeUse use_;
    const std::string& where_;
    bool caseless_ = false;
    char last_letter_ = 0;  // in lower case; 0: what stands before is no letter
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

Result<std::string> translate_regex(std::string_view pattern, UnicodeUse use, const std::string& where) {
    return Translator(pattern, use, where).run();
}

}  // namespace tandem
