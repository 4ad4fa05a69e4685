#!/usr/bin/env python3
"""Writes engine/tokenizer/reference_unicode.cpp: which characters the reference tokenizers take for a letter, a mark,
punctuation and so on.

Each part of the `tokenizers` library has Unicode of its own age (8 to 17), and none is that of our ICU or PCRE2. So the
library is asked about every character, and what it answers is written down: whole sets for what it computes itself, and
for its regular expressions what differs from Unicode 14, which PCRE2 of Debian 12 has (as has the unicodedata module
that this script must run with).

In the tree: tokenizers 0.23.3, sentencepiece 0.2.1 or later, Python 3.11. Usage: make_reference_unicode.py
"""
import pathlib
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

import charsmaps

TARGET = pathlib.Path(__file__).parents[2] / "engine/tokenizer/reference_unicode.cpp"
CHARS = [chr(i) for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]
TEXT = "".join(CHARS)
CATEGORIES = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
              "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co"]
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian
Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan
Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi
Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi
Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi
Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen
Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro
Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi
Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()


def ranges(codes):
    out = []
    for code in sorted(codes):
        if out and out[-1][1] == code - 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return out


def codes(chars):
    return {ord(c) for c in chars}


def matched(expression):
    return codes(normalizers.Replace(Regex(f"[^{expression}]"), "").normalize_str(TEXT))


def chars_where(normaliser, test):
    return {ord(c) for c in CHARS if test(c, normaliser.normalize_str(c))}


def splits(pre_tokenizer, c):
    return [text for text, _ in pre_tokenizer.pre_tokenize_str(f"a{c}b")]


def bert(**on):
    flags = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**flags, **on})


def own_sets():
    joins = normalizers.Precompiled(charsmaps.from_rules([("a", "z")]))
    # Neither Hangul syllables nor the large blocks of ideographs hold any; the compiler has room for so many rules.
    maybe_prepend = [c for c in CHARS if ord(c) < 0x20000 and unicodedata.category(c) in ("Cf", "Cn", "Lo") and not any(
        low <= ord(c) <= high for low, high in ((0x3400, 0xD7FF), (0x12000, 0x12500), (0x13000, 0x1342F),
                                                (0x14400, 0x14646), (0x17000, 0x18CFF)))]
    prepends = normalizers.Precompiled(charsmaps.from_rules([(c, "z") for c in maybe_prepend]))
    digits = pre_tokenizers.Digits(individual_digits=True)
    punctuation = pre_tokenizers.Punctuation()
    words = pre_tokenizers.Whitespace()
    return {
        "numeric": {ord(c) for c in CHARS if len(splits(digits, c)) == 3},
        "punctuation": {ord(c) for c in CHARS if len(splits(punctuation, c)) == 3},
        "word": {ord(c) for c in CHARS if splits(words, c) == [f"a{c}b"]},
        "control": chars_where(bert(clean_text=True), lambda c, text: text == "" and c not in "\x00\ufffd"),
        "nonspacing": chars_where(bert(strip_accents=True), lambda c, text: text == ""),
        "combining": chars_where(normalizers.StripAccents(), lambda c, text: text == ""),
        "joining": {ord(c) for c in CHARS if joins.normalize_str("a" + c) == "z"},
        "prepended": {ord(c) for c in maybe_prepend if prepends.normalize_str(c + "a") == "z"},
    }


def lowercase_changes():
    """Of characters that Unicode 14 has no lower case for."""
    lower = normalizers.Lowercase()
    return [(ord(c), ord(lower.normalize_str(c))) for c in CHARS
            if unicodedata.category(c) == "Cn" and lower.normalize_str(c) != c]


def expression_changes():
    """(name, added, removed) against Unicode 14; and every character that changed."""
    category = {}
    for c in CHARS:
        category.setdefault(unicodedata.category(c), set()).add(ord(c))
    found = []
    for name in CATEGORIES:
        now = matched(rf"\p{{{name}}}")
        then = category.get(name, set())
        found.append((name, now - then, then - now))
    groups = {}
    for name, added, removed in found:
        groups.setdefault(name[0], [set(), set()])
        groups[name[0]][0] |= added
        groups[name[0]][1] |= removed
    for name, (added, removed) in groups.items():
        found.append((name, added - removed, removed - added))
    word = matched(r"\w")
    found.append(("w", word & category["Cn"], set()))
    for name, expression in (("alpha", "[:alpha:]"), ("upper", "[:upper:]"), ("lower", "[:lower:]")):
        found.append((name, matched(expression) & category["Cn"], set()))
    assert matched("[:punct:]") == matched(r"\p{P}\p{S}")
    assert matched("[:alnum:]") == matched("[:alpha:]") | matched(r"\d"), "alnum"
    assert matched("[:space:]") == matched(r"\s") and matched("[:word:]") == word and matched("[:digit:]") == matched(r"\d")
    assert matched("[:xdigit:]") == matched(r"\h") == set(map(ord, "0123456789abcdefABCDEF"))
    for name in SCRIPTS:
        found.append((name, matched(rf"\p{{{name}}}") & category["Cn"], set()))
    changed = set().union(*[added | removed for _, added, removed in found])
    return sorted((name, added, removed) for name, added, removed in found if added or removed), changed


def write_ranges(name, found, out):
    items = [f"{{0x{a:X},0x{b:X}}}" for a, b in ranges(found)]
    out.append(f"constexpr CodeRange {name}[] = {{")
    line = "    "
    for item in items:
        if len(line) + len(item) + 1 > 120:
            out.append(line)
            line = "    "
        line += f"{item},"
    out.append(line)
    out.append("};")


def main():
    assert unicodedata.unidata_version == "14.0.0", "Python 3.11 has Unicode 14"
    out = ["// Written by tests/data/make_reference_unicode.py from tokenizers 0.23.3; see there. Do not edit.", "// clang-format off",
           '#include "engine/tokenizer/reference_unicode.h"', "", "namespace tandem::reference_unicode {", "namespace {", ""]
    sets = own_sets()
    for name, found in sets.items():
        write_ranges(f"{name}_ranges", found, out)
    changes, changed = expression_changes()
    write_ranges("changed_ranges", changed, out)
    for name, added, removed in changes:
        if added:
            write_ranges(f"added_{name}", added, out)
        if removed:
            write_ranges(f"removed_{name}", removed, out)
    out += ["constexpr PropertyChange property_changes[] = {"]
    for name, added, removed in changes:
        out.append(f'    {{"{name}", {"added_" + name if added else "{}"}, {"removed_" + name if removed else "{}"}}},')
    out += ["};", "", "constexpr LowercaseChange lowercase_changes[] = {"]
    line = "   "
    for source, target in lowercase_changes():
        item = f"{{0x{source:X},0x{target:X}}},"
        if len(line) + len(item) > 118:
            out.append(line)
            line = "    "
        line += item
    out += [line, "};", "", "}  // namespace", ""]
    for name in sets:
        out.append(f"const std::span<const CodeRange> {name}{{{name}_ranges}};")
    out += ["const std::span<const CodeRange> changed{changed_ranges};",
            "const std::span<const PropertyChange> properties{property_changes};",
            "const std::span<const LowercaseChange> lowercase{lowercase_changes};", "", "}  // namespace tandem::reference_unicode", ""]
    TARGET.write_text("\n".join(out), encoding="utf-8")
    print({name: len(found) for name, found in sets.items()}, len(changes), "properties,", len(changed), "characters changed")


if __name__ == "__main__":
    main()
