#include "engine/tokenizer/graphemes.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>

#include "engine/tokenizer/reference_unicode.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

enum class Break { other, cr, lf, control, extend, joiner, spacing, prepend, regional, l, v, t, lv, lvt };

bool within(std::span<const reference_unicode::CodeRange> ranges, char32_t code) {
    const auto next =
        std::upper_bound(ranges.begin(), ranges.end(), code,
                         [](char32_t c, const reference_unicode::CodeRange& range) { return c < range.first; });
    return next != ranges.begin() && code <= (next - 1)->last;
}

Break break_of(char32_t code) {
    if (code < 0x300) {
        const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD;
        return code == '\r' ? Break::cr : code == '\n' ? Break::lf : is_control ? Break::control : Break::other;
    }
    const auto value = u_getIntPropertyValue(static_cast<UChar32>(code), UCHAR_GRAPHEME_CLUSTER_BREAK);
    if (code == 0x200D) {
        return Break::joiner;
    }
    if (within(reference_unicode::joining, code)) {
        return value == U_GCB_SPACING_MARK ? Break::spacing : Break::extend;
    }
    if (within(reference_unicode::prepended, code)) {
        return Break::prepend;
    }
    switch (value) {
        case U_GCB_CONTROL:
            return Break::control;
        case U_GCB_REGIONAL_INDICATOR:
            return Break::regional;
        case U_GCB_L:
            return Break::l;
        case U_GCB_V:
            return Break::v;
        case U_GCB_T:
            return Break::t;
        case U_GCB_LV:
            return Break::lv;
        case U_GCB_LVT:
            return Break::lvt;
        default:
            return Break::other;
    }
}

// Scripts whose consonants join over a virama.
bool is_conjunct_script(char32_t code) {
    UErrorCode status = U_ZERO_ERROR;
    switch (uscript_getScript(static_cast<UChar32>(code), &status)) {
        case USCRIPT_BENGALI:
        case USCRIPT_DEVANAGARI:
        case USCRIPT_GUJARATI:
        case USCRIPT_MALAYALAM:
        case USCRIPT_ORIYA:
        case USCRIPT_TELUGU:
            return true;
        default:
            return false;
    }
}

bool has_syllabic(char32_t code, int category) {
    return code >= 0x900 && code < 0xD80 && is_conjunct_script(code) &&
           u_getIntPropertyValue(static_cast<UChar32>(code), UCHAR_INDIC_SYLLABIC_CATEGORY) == category;
}

bool is_pictograph(char32_t code) {
    return code >= 0xA9 && u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_EXTENDED_PICTOGRAPHIC) != 0;
}

bool joins_hangul(Break left, Break right) {
    return (left == Break::l &&
            (right == Break::l || right == Break::v || right == Break::lv || right == Break::lvt)) ||
           ((left == Break::lv || left == Break::v) && (right == Break::v || right == Break::t)) ||
           ((left == Break::lvt || left == Break::t) && right == Break::t);
}

// What the rules must remember of a cluster so far.
class Cluster {
public:
    Cluster(char32_t first, Break kind) { take(first, kind); }

    bool goes_on(char32_t code, Break kind) const {
        if (last_ == Break::cr) {
            return kind == Break::lf;
        }
        if (last_ == Break::lf || last_ == Break::control || kind == Break::cr || kind == Break::lf ||
            kind == Break::control) {
            return false;
        }
        if (joins_hangul(last_, kind) || kind == Break::extend || kind == Break::joiner || kind == Break::spacing ||
            last_ == Break::prepend) {
            return true;
        }
        if (conjunct_ == 2 && has_syllabic(code, U_INSC_CONSONANT)) {
            return true;
        }
        if (picture_ == 2 && is_pictograph(code)) {
            return true;
        }
        return last_ == Break::regional && kind == Break::regional && regionals_ % 2 == 1;
    }

    void take(char32_t code, Break kind) {
        last_ = kind;
        regionals_ = kind == Break::regional ? regionals_ + 1 : 0;
        if (is_pictograph(code)) {
            picture_ = 1;
        } else if (picture_ > 0) {
            picture_ = kind == Break::joiner ? 2 : kind == Break::extend ? 1 : 0;
        }
        if (has_syllabic(code, U_INSC_CONSONANT)) {
            conjunct_ = 1;
        } else if (conjunct_ > 0) {
            if (has_syllabic(code, U_INSC_VIRAMA)) {
                conjunct_ = 2;
            } else if (kind != Break::extend && kind != Break::joiner) {
                conjunct_ = 0;
            }
        }
    }

private:
    Break last_ = Break::other;
    int regionals_ = 0;
    int picture_ = 0;   // 1: a pictograph and what extends it; 2: then a joiner
    int conjunct_ = 0;  // 1: a consonant and what extends it; 2: a virama among that
};

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t begin) {
    unicode::Char c = unicode::first_char(text.substr(begin));
    Cluster cluster(c.code, break_of(c.code));
    std::size_t at = begin + c.size;
    while (at < text.size()) {
        c = unicode::first_char(text.substr(at));
        const Break kind = break_of(c.code);
        if (!cluster.goes_on(c.code, kind)) {
            break;
        }
        cluster.take(c.code, kind);
        at += c.size;
    }
    return at;
}

}  // namespace tandem
