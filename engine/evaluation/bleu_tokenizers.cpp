#include "engine/evaluation/bleu_tokenizers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/evaluation/categories.h"
#include "engine/evaluation/text.h"

namespace tandem::scores {
namespace {

bool is_ascii_digit(char32_t c) {
    return c >= '0' && c <= '9';
}

bool is_stop(char32_t c) {
    return c == '.' || c == ',';
}

bool is_western_mark(char32_t c) {
    return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
           (c >= ':' && c <= '@') || c == '/';
}

// Each pair of neighbours that `first` and `second` hold of, from the left and without overlap, as `write` puts it.
template <class First, class Second, class Write>
std::u32string rewrite_pairs(const std::u32string& text, First first, Second second, Write write) {
    std::u32string result;
    result.reserve(text.size() + text.size() / 4);
    for (std::size_t at = 0; at < text.size();) {
        if (at + 1 < text.size() && first(text[at]) && second(text[at + 1])) {
            write(result, text[at], text[at + 1]);
            at += 2;
        } else {
            result += text[at++];
        }
    }
    return result;
}

void part_second(std::u32string& out, char32_t first, char32_t second) {
    ((out += first) += U' ') += second;
    out += U' ';
}

void part_first(std::u32string& out, char32_t first, char32_t second) {
    ((out += U' ') += first) += U' ';
    out += second;
}

std::u32string cut_western(const std::u32string& text) {
    return part_stops(part_marks(text));
}

std::u32string cut_13a(std::u32string text) {
    replace_all(text, U"<skipped>", U"");
    replace_all(text, U"-\n", U"");
    replace_all(text, U"\n", U" ");
    unescape(text);
    return cut_western(U" " + text + U" ");
}

struct CharRange {
    char32_t first, last;
};

// sacreBLEU's own list. Its two ranges beyond U+FFFF are written with \u and so mean U+2001 to U+2A6D and U+2F81 to
// U+2FA1: general punctuation, arrows and mathematics count as Chinese, extension B does not.
constexpr std::array chinese = std::to_array<CharRange>(
    {{0x3400, 0x4DB5}, {0x4E00, 0x9FA5}, {0x9FA6, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9},
     {0x2001, 0x2A6D}, {0x2F81, 0x2FA1}, {0xFF00, 0xFFEF}, {0x2E80, 0x2EFF}, {0x3000, 0x303F}, {0x31C0, 0x31EF},
     {0x2F00, 0x2FDF}, {0x2FF0, 0x2FFF}, {0x3100, 0x312F}, {0x31A0, 0x31BF}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F},
     {0x2600, 0x26FF}, {0x2700, 0x27BF}, {0x3200, 0x32FF}, {0x3300, 0x33FF}});

bool is_chinese(char32_t c) {
    return std::any_of(chinese.begin(), chinese.end(),
                       [c](CharRange range) { return c >= range.first && c <= range.last; });
}

std::u32string cut_chinese(std::u32string text) {
    strip(text);
    return cut_western(space_around(text, is_chinese));
}

std::u32string cut_international(std::u32string text) {
    const auto not_number = [](char32_t c) { return !is_number(c); };
    text = rewrite_pairs(text, not_number, is_punctuation, part_second);
    text = rewrite_pairs(text, is_punctuation, not_number, part_first);
    return space_around(text, is_symbol);
}

std::u32string cut_characters(std::u32string text) {
    return space_around(text, [](char32_t) { return true; });
}

std::u32string cut_nothing(std::u32string text) {
    return text;
}

constexpr std::array tokenizers = std::to_array<BleuTokenizer>({{"13a", &cut_13a},
                                                                {"none", &cut_nothing},
                                                                {"zh", &cut_chinese},
                                                                {"intl", &cut_international},
                                                                {"char", &cut_characters}});
// What sacreBLEU has besides, and what each would need.
constexpr std::array missing = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"ja-mecab", "the MeCab program and a Japanese dictionary; tok=char needs neither"},
     {"ko-mecab", "the MeCab program and a Korean dictionary; tok=char needs neither"},
     {"spm", "a SentencePiece model that sacreBLEU downloads; tok=char and tok=intl need none"},
     {"flores101", "a SentencePiece model that sacreBLEU downloads; tok=char and tok=intl need none"},
     {"flores200", "a SentencePiece model that sacreBLEU downloads; tok=char and tok=intl need none"},
     {"spBLEU-1K", "a SentencePiece model that sacreBLEU downloads; tok=char and tok=intl need none"}});

}  // namespace

void unescape(std::u32string& text) {
    if (text.find(U'&') == std::u32string::npos) {
        return;
    }
    replace_all(text, U"&quot;", U"\"");
    replace_all(text, U"&amp;", U"&");
    replace_all(text, U"&lt;", U"<");
    replace_all(text, U"&gt;", U">");
}

std::u32string part_marks(const std::u32string& text) {
    return space_around(text, is_western_mark);
}

std::u32string part_stops(const std::u32string& text) {
    const auto not_digit = [](char32_t c) { return !is_ascii_digit(c); };
    const std::u32string before = rewrite_pairs(text, not_digit, is_stop, part_second);
    const std::u32string behind = rewrite_pairs(before, is_stop, not_digit, part_first);
    return rewrite_pairs(
        behind, is_ascii_digit, [](char32_t c) { return c == '-'; }, part_second);
}

Result<BleuTokenizer> bleu_tokenizer(std::string_view name) {
    std::string all;
    for (const BleuTokenizer& tokenizer : tokenizers) {
        if (tokenizer.name == name) {
            return tokenizer;
        }
        all += (all.empty() ? "" : ", ") + std::string(tokenizer.name);
    }
    for (const auto& [known, need] : missing) {
        if (known == name) {
            return Error{.code = "SCORE_TOKENIZER",
                         .message = "sacreBLEU's tokenizer " + std::string(name) + " is not available here: it needs " +
                                    std::string(need) + "; nothing was scored",
                         .where = "bleu",
                         .kind = ErrorKind::unsupported};
        }
    }
    return Error{.code = "SCORE_TOKENIZER",
                 .message = "found tok=" + std::string(name) + ", allowed are " + all + "; nothing was scored",
                 .where = "bleu",
                 .kind = ErrorKind::bad_input};
}

}  // namespace tandem::scores
