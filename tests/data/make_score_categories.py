#!/usr/bin/env python3
"""Writes engine/evaluation/categories.cpp: which characters are punctuation, symbols and numbers.

sacreBLEU's tokenizer `intl` asks the `regex` module, whose Unicode is newer than that of ICU in Debian 12.
In the tree: regex 2026.11.19 (Unicode 17). Usage: make_score_categories.py
"""
import pathlib

import regex

TARGET = pathlib.Path(__file__).parents[2] / "engine/evaluation/categories.cpp"
CHARS = [i for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]

HEAD = """// Written by tests/data/make_score_categories.py from regex {version}; see there. Do not edit.
// clang-format off
#include "engine/evaluation/categories.h"

#include <algorithm>
#include <iterator>

namespace tandem::scores {{
namespace {{

struct CodeRange {{
    char32_t first, last;
}};
"""
TAIL = """
template <std::size_t Count>
bool holds(const CodeRange (&ranges)[Count], char32_t code) {
    const auto next = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                       [](char32_t c, const CodeRange& range) { return c < range.first; });
    return next != std::begin(ranges) && code <= std::prev(next)->last;
}

}  // namespace

bool is_punctuation(char32_t code) { return holds(punctuation, code); }
bool is_symbol(char32_t code) { return holds(symbols, code); }
bool is_number(char32_t code) { return holds(numbers, code); }

}  // namespace tandem::scores
"""


def table(name, category):
    matches = regex.compile(rf"\p{{{category}}}").match
    ranges = []
    for code in CHARS:
        if matches(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    lines, line = [], "   "
    for first, last in ranges:
        item = f" {{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(item) > 118:
            lines.append(line)
            line = "   "
        line += item
    return f"\nconstexpr CodeRange {name}[] = {{\n" + "\n".join(lines + [line]) + "\n};\n"


text = HEAD.format(version=regex.__version__)
text += table("punctuation", "P") + table("symbols", "S") + table("numbers", "N") + TAIL
TARGET.write_text(text, encoding="utf-8")
print(TARGET, len(text))
