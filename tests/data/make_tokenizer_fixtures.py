#!/usr/bin/env python3
"""Writes tests/data/tokenizer/: what the reference tokenizers make of texts.

smollm2.digests   16 bytes of header, then 8 bytes for each of the 12,000 texts of fetch_texts.py: 40 bits of the FNV-1a
                  hash of the ids (32 bits each, little-endian), 24 bits of the hash of the text they decode to.
components.json   small tokenizer.json files, one for each combination of parts, each with texts, ids and decoded texts.
pre_kinds.json    a small byte-level vocabulary and what each kind of tokenizer.ggml.pre makes of texts.
sentencepiece.json  a small SentencePiece model's pieces and scores, and what the library makes of texts.

The reference for SmolLM2 is the `tokenizers` library over the vocabulary in the GGUF with the pre-tokenizer that the
model was trained with and that tokenizer.ggml.pre = smollm names: Digits (one by one), then ByteLevel. transformers'
own GGUF loader forgets the Digits step; the script checks that it differs on no other texts than those where that can
show (a run of white space before a digit, or digits that are not ASCII), and prints how many.

Fixtures in the tree: tokenizers 0.23.3, sentencepiece 0.2.3, gguf 0.19.0, transformers 5.17.0.
Usage: make_tokenizer_fixtures.py MODEL.gguf
"""
import io
import json
import pathlib
import re
import struct
import sys
import unicodedata

import gguf
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import fetch_texts

FOLDER = pathlib.Path(__file__).parent / "tokenizer"
GPT2_BYTES = pre_tokenizers.ByteLevel.alphabet()


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def digest(ids, decoded):
    ids_hash = fnv1a(struct.pack(f"<{len(ids)}I", *ids)) & 0xFFFFFFFFFF
    text_hash = fnv1a(decoded.encode("utf-8")) & 0xFFFFFF
    return struct.pack("<Q", ids_hash << 24 | text_hash)


def gguf_tokenizer(path):
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(line.split(" ")) for line in fields["tokenizer.ggml.merges"].contents()]
    types = fields["tokenizer.ggml.token_type"].contents()
    unknown = tokens[fields["tokenizer.ggml.unknown_token_id"].contents()]
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges, unk_token=unknown, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(t, normalized=False, special=True) for t, kind in zip(tokens, types) if kind == 3])
    return tokenizer


def has_other_digits(text):
    return any(ord(c) > 127 and unicodedata.category(c).startswith("N") for c in text)


def write_smollm2(path):
    tokenizer = gguf_tokenizer(path)
    texts = fetch_texts.texts()
    encoded = [e.ids for e in tokenizer.encode_batch(texts)]
    decoded = [tokenizer.decode(ids, skip_special_tokens=False) for ids in encoded]
    data = b"TDMTOK1\0" + struct.pack("<Q", len(texts))
    (FOLDER / "smollm2.digests").write_bytes(data + b"".join(map(digest, encoded, decoded)))

    from transformers import AutoTokenizer
    loaded = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    different = [t for t, ids in zip(texts, encoded) if loaded(t)["input_ids"] != ids]
    unexplained = [t for t in different if not re.search(r"\s\s\d", t) and not has_other_digits(t)]
    print(f"smollm2: {len(texts)} texts, {sum(map(len, encoded))} ids; transformers' GGUF loader differs on "
          f"{len(different)} of them, {sum(t in set(texts[:fetch_texts.REAL_LINES]) for t in different)} real")
    assert not unexplained, unexplained


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_smollm2(pathlib.Path(sys.argv[1]))
