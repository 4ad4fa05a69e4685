#include "engine/tokenizer/regex_class.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/reference_unicode.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

using reference_unicode::CodeRange;

// White_Space. PCRE2's own \s counts U+180E in.
constexpr std::string_view space_items = R"(\t-\r\x{20}\x{85}\p{Z})";
constexpr std::string_view not_space_items =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
constexpr std::string_view word_items = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view any_character = R"([\x{0}-\x{10ffff}])";

constexpr std::array<std::pair<std::string_view, std::string_view>, 37> categories{{
    {"l", "L"},   {"letter", "L"}, {"m", "M"},   {"mark", "M"},      {"n", "N"},   {"number", "N"}, {"p", "P"},
    {"s", "S"},   {"symbol", "S"}, {"z", "Z"},   {"separator", "Z"}, {"c", "C"},   {"lu", "Lu"},    {"ll", "Ll"},
    {"lt", "Lt"}, {"lm", "Lm"},    {"lo", "Lo"}, {"mn", "Mn"},       {"mc", "Mc"}, {"me", "Me"},    {"nd", "Nd"},
    {"nl", "Nl"}, {"no", "No"},    {"pc", "Pc"}, {"pd", "Pd"},       {"ps", "Ps"}, {"pe", "Pe"},    {"pi", "Pi"},
    {"pf", "Pf"}, {"po", "Po"},    {"sm", "Sm"}, {"sc", "Sc"},       {"sk", "Sk"}, {"so", "So"},    {"zs", "Zs"},
    {"zl", "Zl"}, {"zp", "Zp"},
}};
constexpr std::array<std::string_view, 3> control_categories{"Cc", "Cf", "Co"};

std::string loose(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        if (c != '_' && c != ' ' && c != '-') {
            plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        }
    }
    return plain;
}

std::string hex(char32_t code) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), digits[code & 15]);
        code >>= 4;
    } while (code != 0);
    return text;
}

std::string written(std::span<const CodeRange> ranges) {
    std::string text;
    for (const CodeRange& range : ranges) {
        text += "\\x{" + hex(range.first) + "}";
        if (range.last != range.first) {
            text += "-\\x{" + hex(range.last) + "}";
        }
    }
    return text;
}

const reference_unicode::PropertyChange* change_of(std::string_view name) {
    const auto changes = reference_unicode::properties;
    const auto found =
        std::find_if(changes.begin(), changes.end(), [&](const auto& change) { return loose(change.name) == name; });
    return found == changes.end() ? nullptr : &*found;
}

// `items` are PCRE2's for the property, `not_items` for its complement where there are such.
RegexSet known_set(std::string_view name, const std::string& items, const std::string& not_items, bool negated,
                   UnicodeUse use) {
    const reference_unicode::PropertyChange* change = use == UnicodeUse::exact ? change_of(name) : nullptr;
    if (change == nullptr) {
        if (!negated) {
            return {.items = items};
        }
        return not_items.empty() ? RegexSet{.others = {"[^" + items + "]"}} : RegexSet{.items = not_items};
    }
    RegexSet set{.items = items + written(change->added)};
    if (!change->removed.empty()) {
        set = {.others = {"(?>(?![" + written(change->removed) + "])" + set.expression() + ")"}};
    }
    return negated ? RegexSet{.others = {set.expression(true)}} : set;
}

class ChangedCharacters {
public:
    static const ChangedCharacters& get() {
        static const ChangedCharacters all;
        return all;
    }
    bool has(char32_t code) const { return bits_[code]; }

private:
    ChangedCharacters() : bits_(0x110000) {
        for (const CodeRange& range : reference_unicode::changed) {
            std::fill(bits_.begin() + range.first, bits_.begin() + range.last + 1, true);
        }
    }
    std::vector<bool> bits_;
};

}  // namespace

void RegexSet::add(const RegexSet& other) {
    items += other.items;
    others.insert(others.end(), other.others.begin(), other.others.end());
}

std::string RegexSet::expression(bool negated) const {
    if (others.empty()) {
        return items.empty() ? (negated ? std::string(any_character) : "(?!)") : (negated ? "[^" : "[") + items + "]";
    }
    // Each part takes one character, so there is nothing to take back.
    std::string parts = items.empty() ? std::string() : "[" + items + "]";
    for (const std::string& part : others) {
        parts += (parts.empty() ? "" : "|") + part;
    }
    return negated ? "(?>(?!" + parts + ")" + std::string(any_character) + ")" : "(?>" + parts + ")";
}

RegexSet space_set(bool negated) {
    return {.items = std::string(negated ? not_space_items : space_items)};
}

RegexSet word_set(bool negated, UnicodeUse use) {
    return known_set("w", std::string(word_items), "", negated, use);
}

RegexSet lone_word_set(bool negated, UnicodeUse use) {
    RegexSet set = word_set(false, use);
    set.items += R"(\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";
    return negated ? RegexSet{.others = {set.expression(true)}} : set;
}

bool is_cased_property(std::string_view name) {
    const std::string plain = loose(name);
    return plain == "lu" || plain == "ll" || plain == "lt" || plain == "upper" || plain == "lower";
}

std::optional<RegexSet> property_set(std::string_view name, bool negated, UnicodeUse use) {
    const std::string plain = loose(name);
    for (const auto& [known, category] : categories) {
        if (plain == known) {
            return known_set(loose(category), "\\p{" + std::string(category) + "}",
                             "\\P{" + std::string(category) + "}", negated, use);
        }
    }
    for (const std::string_view category : control_categories) {
        if (plain == loose(category)) {
            return known_set(plain, "\\p{" + std::string(category) + "}", "\\P{" + std::string(category) + "}", negated,
                             use);
        }
    }
    if (auto set = posix_set(plain, negated, use); set && plain != "punct") {
        return set;
    }
    if (plain == "punct") {
        return known_set("p", R"(\p{P})", R"(\P{P})", negated, use);
    }
    if (plain.size() <= 2 || plain == "any" || plain == "assigned" || plain == "ascii" || plain == "graph" ||
        plain == "print" || plain == "cntrl") {
        return std::nullopt;
    }
    // A script, which PCRE2 must be told not to extend to the scripts that share a character.
    const bool letters = std::all_of(
        name.begin(), name.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; });
    if (!letters || name.size() > 40) {
        return std::nullopt;
    }
    return known_set(plain, "\\p{sc:" + std::string(name) + "}", "\\P{sc:" + std::string(name) + "}", negated, use);
}

std::optional<RegexSet> posix_set(std::string_view name, bool negated, UnicodeUse use) {
    if (name == "alpha") {
        return known_set("alpha", R"(\p{Alphabetic})", R"(\P{Alphabetic})", negated, use);
    }
    if (name == "upper") {
        return known_set("upper", R"(\p{Uppercase})", R"(\P{Uppercase})", negated, use);
    }
    if (name == "lower") {
        return known_set("lower", R"(\p{Lowercase})", R"(\P{Lowercase})", negated, use);
    }
    if (name == "digit") {
        return known_set("nd", R"(\p{Nd})", R"(\P{Nd})", negated, use);
    }
    if (name == "space") {
        return space_set(negated);
    }
    if (name == "word") {
        return word_set(negated, use);
    }
    if (name == "xdigit") {
        return RegexSet{.items = negated ? R"(\x{0}-/:-@G-`g-\x{10ffff})" : "0-9A-Fa-f"};
    }
    const bool is_alnum = name == "alnum";
    if (is_alnum || name == "punct") {
        RegexSet both = *property_set(is_alnum ? "alpha" : "P", false, use);
        both.add(*property_set(is_alnum ? "Nd" : "S", false, use));
        return negated ? RegexSet{.others = {both.expression(true)}} : both;
    }
    return std::nullopt;
}

bool needs_exact(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0xE0) {
            ++at;
            continue;
        }
        const unicode::Char c = unicode::first_char(text.substr(at));
        if (ChangedCharacters::get().has(c.code)) {
            return true;
        }
        at += c.size;
    }
    return false;
}

}  // namespace tandem
