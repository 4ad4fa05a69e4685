#include "engine/evaluation/porter_stemmer.h"

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scores {
namespace {

// A consonant is any letter but a, e, i, o, u, and but a y that follows a consonant.
std::vector<bool> consonants(std::string_view word) {
    std::vector<bool> flags;
    flags.reserve(word.size());
    for (const char c : word) {
        const bool vowel =
            c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || (c == 'y' && !flags.empty() && flags.back());
        flags.push_back(!vowel);
    }
    return flags;
}

// Porter's m: how often a consonant follows a vowel.
int measure(std::string_view stem) {
    const auto flags = consonants(stem);
    int count = 0;
    for (std::size_t i = 1; i < flags.size(); ++i) {
        count += !flags[i - 1] && flags[i];
    }
    return count;
}

bool has_vowel(std::string_view stem) {
    for (const bool consonant : consonants(stem)) {
        if (!consonant) {
            return true;
        }
    }
    return false;
}

bool ends_double_consonant(std::string_view word) {
    return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

// Consonant, vowel, consonant other than w, x and y; of two letters (NLTK's) vowel, consonant.
bool ends_short(std::string_view word) {
    const auto is = consonants(word);
    const std::size_t n = word.size();
    return (n >= 3 && is[n - 3] && !is[n - 2] && is[n - 1] && word[n - 1] != 'w' && word[n - 1] != 'x' &&
            word[n - 1] != 'y') ||
           (n == 2 && !is[0] && is[1]);
}

struct Rule {
    std::string_view suffix, replacement;
};

// The first rule whose suffix the word has, applied where its stem's measure is above `least`.
void apply(std::string& word, std::initializer_list<Rule> rules, int least) {
    for (const Rule& rule : rules) {
        if (word.ends_with(rule.suffix)) {
            const std::size_t stem = word.size() - rule.suffix.size();
            if (measure(std::string_view(word).substr(0, stem)) > least) {
                word.replace(stem, std::string::npos, rule.replacement);
            }
            return;
        }
    }
}

void plurals(std::string& word) {  // step 1a
    if (word.ends_with("ies") && word.size() == 4) {
        word.pop_back();
    } else if (word.ends_with("sses") || word.ends_with("ies")) {
        word.resize(word.size() - 2);
    } else if (word.ends_with("s") && !word.ends_with("ss")) {
        word.pop_back();
    }
}

void past_and_progressive(std::string& word) {  // step 1b
    if (word.ends_with("ied")) {
        word.resize(word.size() - (word.size() == 4 ? 1 : 2));
        return;
    }
    if (word.ends_with("eed")) {
        if (measure(std::string_view(word).substr(0, word.size() - 3)) > 0) {
            word.pop_back();
        }
        return;
    }
    const std::size_t suffix = word.ends_with("ed") ? 2 : word.ends_with("ing") ? 3 : 0;
    if (suffix == 0 || !has_vowel(std::string_view(word).substr(0, word.size() - suffix))) {
        return;
    }
    word.resize(word.size() - suffix);
    if (word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz")) {
        word += 'e';
    } else if (ends_double_consonant(word)) {
        if (const char last = word.back(); last != 'l' && last != 's' && last != 'z') {
            word.pop_back();
        }
    } else if (measure(word) == 1 && ends_short(word)) {
        word += 'e';
    }
}

void final_y(std::string& word) {  // step 1c, as NLTK has it
    if (word.ends_with("y") && word.size() > 2 && consonants(word)[word.size() - 2]) {
        word.back() = 'i';
    }
}

void double_suffixes(std::string& word) {  // step 2
    if (word.ends_with("alli") && measure(std::string_view(word).substr(0, word.size() - 4)) > 0) {
        word.resize(word.size() - 2);
    }
    if (word.ends_with("logi")) {
        if (measure(std::string_view(word).substr(0, word.size() - 3)) > 0) {
            word.pop_back();
        }
        return;
    }
    apply(word, {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
                 {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
                 {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
                 {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
                 {"fulli", "ful"}},
          0);
}

void adjectives(std::string& word) {  // step 3
    apply(word,
          {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}},
          0);
}

void suffixes(std::string& word) {  // step 4
    if (word.ends_with("ion")) {
        const std::string_view stem = std::string_view(word).substr(0, word.size() - 3);
        if (measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't')) {
            word.resize(stem.size());
        }
        return;
    }
    apply(word,
          {{"al", ""},
           {"ance", ""},
           {"ence", ""},
           {"er", ""},
           {"ic", ""},
           {"able", ""},
           {"ible", ""},
           {"ant", ""},
           {"ement", ""},
           {"ment", ""},
           {"ent", ""},
           {"ou", ""},
           {"ism", ""},
           {"ate", ""},
           {"iti", ""},
           {"ous", ""},
           {"ive", ""},
           {"ize", ""}},
          1);
}

void final_e_and_l(std::string& word) {  // step 5
    if (word.ends_with("e")) {
        const std::string_view stem = std::string_view(word).substr(0, word.size() - 1);
        const int m = measure(stem);
        if (m > 1 || (m == 1 && !ends_short(stem))) {
            word.pop_back();
        }
    }
    if (word.ends_with("ll") && measure(std::string_view(word).substr(0, word.size() - 1)) > 1) {
        word.pop_back();
    }
}

constexpr std::array irregular = std::to_array<std::pair<std::string_view, std::string_view>>({{"sky", "sky"},
                                                                                               {"skies", "sky"},
                                                                                               {"dying", "die"},
                                                                                               {"lying", "lie"},
                                                                                               {"tying", "tie"},
                                                                                               {"news", "news"},
                                                                                               {"innings", "inning"},
                                                                                               {"inning", "inning"},
                                                                                               {"outings", "outing"},
                                                                                               {"outing", "outing"},
                                                                                               {"cannings", "canning"},
                                                                                               {"canning", "canning"},
                                                                                               {"howe", "howe"},
                                                                                               {"proceed", "proceed"},
                                                                                               {"exceed", "exceed"},
                                                                                               {"succeed", "succeed"}});

}  // namespace

std::string porter_stem(std::string word) {
    for (const auto& [form, stem] : irregular) {
        if (form == word) {
            return std::string(stem);
        }
    }
    if (word.size() <= 2) {
        return word;
    }
    plurals(word);
    past_and_progressive(word);
    final_y(word);
    double_suffixes(word);
    adjectives(word);
    suffixes(word);
    final_e_and_l(word);
    return word;
}

}  // namespace tandem::scores
