// Sets of characters of a regular expression, as Oniguruma has them, written for PCRE2. Thread rule: value types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// A union of what stands in a bracket expression and of expressions that match one character each.
struct RegexSet {
    std::string items;
    std::vector<std::string> others;

    void add(const RegexSet& other);
    // An expression that matches one character within the set, or without.
    std::string expression(bool negated = false) const;
};

// Which characters a property has. PCRE2's Unicode is older than the reference's: `by_pcre2` takes it as it is, `exact`
// adds and removes the characters that differ, which costs time on every character.
enum class UnicodeUse { by_pcre2, exact };

RegexSet space_set(bool negated);                 // \s
RegexSet word_set(bool negated, UnicodeUse use);  // [\w]
// \w outside of a class, where Oniguruma counts six numbers of Latin-1 in, as it does for \b.
RegexSet lone_word_set(bool negated, UnicodeUse use);
std::optional<RegexSet> property_set(std::string_view name, bool negated, UnicodeUse use);  // \p{name}
std::optional<RegexSet> posix_set(std::string_view name, bool negated, UnicodeUse use);     // [:name:]
// A property that tells upper from lower case, so that (?i) would change it.
bool is_cased_property(std::string_view name);

// Whether a text has characters for which the two uses differ.
bool needs_exact(std::string_view text);

}  // namespace tandem
