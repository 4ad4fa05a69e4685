#!/usr/bin/env python3
"""Writes tests/data/vocabularies/: small tokenizers in every form but tokenizer.json, and what the references make of
texts with them.

texts.json            the texts: some of every script of fetch_texts.py, and what trips tokenizers up
NAME/                 the files of a case of vocabulary_cases.py, in small
NAME/expected.json    for each text, four sums (the low 40 bits of FNV-1a in hexadecimal): of its ids, of its ids without
                      the tokens around a text (32 bits each, little-endian), of what the ids decode to with and
                      without special tokens

References: transformers 5.17.0, tokenizers 0.23.3, sentencepiece 0.2.3.
Usage: make_vocabulary_fixtures.py
"""
import json
import pathlib
import shutil
import struct

import fetch_texts
import vocabulary_cases as cases
from make_tokenizer_fixtures import fnv1a

FOLDER = pathlib.Path(__file__).parent / "vocabularies"
SPECIAL = ["", " ", "a", " a", "  a b  ", "a\nb\r\n\n c\t\td", "<s>x</s>", "x</s>", "<pad> <unk> <s>", "<mask> x <mask>y",
           "<extra_id_0> and<extra_id_99><extra_id_1>", "__en__ hi __af__", ">>fr<<hello >>de<< x", "a </s> b",
           "<own><owner><own", "<sym>xyz <new> a<new>b", "eng_Latn deu_Latn", "\uff1c/s\uff1e \uff1cextra_id_0\uff1e",
           "<|im_start|>  \t\tx<|im_end|>", "[CLS] [MASK]x[SEP]", "\u2581x \u2581\u2581y", "a.b , c ! do n't it 's",
           "\x1c\x1dx\x85", "<|a|><|b|> <|endoftext|>", "\x00\x01\x7f", "\ufb00\ufb01\ufb03 \u2167 \u00bd\u00b2",
           "e\u0301 \u00e9 A\u030a", "\U0001f600\U0001f468\u200d\U0001f469", "x" * 120, "ab " * 60, "\u0915\u094d\u0937\u093f"]


def texts():
    found = fetch_texts.texts()
    return SPECIAL + found[:fetch_texts.REAL_LINES:97] + found[fetch_texts.REAL_LINES::41]


def sums(reference, text):
    ids = reference.encode(text)
    bare = reference.encode(text, special=False)
    parts = [struct.pack(f"<{len(i)}I", *i) for i in (ids, bare)]
    parts += [reference.decode(ids, skip_special=skip).encode("utf-8") for skip in (False, True)]
    return "".join(f"{fnv1a(part) & 0xFFFFFFFFFF:010x}" for part in parts)


def main():
    cases.SMALL = True
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    used = texts()
    cases.write_json(FOLDER / "texts.json", used)
    # Latin, Greek, Cyrillic, Arabic and Devanagari: what the small models know.
    training = [" ".join(text.split()) for text in fetch_texts.texts()[:fetch_texts.REAL_LINES:3]]
    training = [text for text in training if max(text) < "\u0700" or "\u0900" <= max(text) < "\u0980"][:1500]
    for name in cases.CASES:
        folder = cases.make(name, FOLDER / name, training)
        reference = cases.load(folder)
        (folder / "expected.json").write_text(json.dumps([sums(reference, text) for text in used], indent=0) + "\n")
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{len(cases.CASES)} cases, {len(used)} texts each, {size} bytes")


if __name__ == "__main__":
    main()
