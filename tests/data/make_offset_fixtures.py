#!/usr/bin/env python3
"""Writes tests/data/tokenizer/offsets.json: for each tokenizer of kinds.json the offsets that `tokenizers` gives on lines
of many scripts, in characters: KIND -> [[first, last, first, last ...] of each line].

Usage: make_offset_fixtures.py
"""
import importlib.metadata
import json
import pathlib

HERE = pathlib.Path(__file__).parent / "tokenizer"

LINES = [
    "Hello, world! It's 12345 o'clock.",
    "  two  spaces   and\ttabs\n\nnew lines ",
    "Größe über naïve café – Straße",
    "cafe\u0301 u\u0308ber e\u0327\u0301 a",
    "Привет, мир! Ёлка",
    "你好，世界。汉字 abc",
    "こんにちは 世界 カタカナ",
    "안녕하세요 \u1112\u1161\u11ab",
    "مرحبا بالعالم ١٢٣",
    "नमस्ते दुनिया",
    "ﬁne ½ ＡＢＣ № ™ Å İstanbul",
    "😀👨‍👩‍👧 emoji 🇩🇪!",
    "▁ real▁mark  x",
    "a",
    "",
    "int main() { return x->y[0] != 1e-5; }",
    "<s> [MASK] </s> <|endoftext|>tail",
    "zero\u200bwidth\u00a0nbsp\u3000wide\ufeff",
]


def main():
    from tokenizers import Tokenizer

    kinds = json.loads((HERE / "kinds.json").read_text())
    result = {"tokenizers": importlib.metadata.version("tokenizers"), "lines": LINES, "kinds": {}}
    for name, tree in kinds.items():
        tokenizer = Tokenizer.from_str(json.dumps(tree))
        rows = []
        for line in LINES:
            encoding = tokenizer.encode(line)
            rows.append([place for offsets in encoding.offsets for place in offsets])
        result["kinds"][name] = rows
    (HERE / "offsets.json").write_text(json.dumps(result, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
