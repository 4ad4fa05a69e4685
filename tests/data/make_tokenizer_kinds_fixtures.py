#!/usr/bin/env python3
"""Writes tests/data/tokenizer/ for tokenizers of every kind (tokenizer_kinds.py, small), from the `tokenizers` library.

kinds.json      the tokenizers, each a tokenizer.json under its name.
kinds.digests   16 bytes of header, then for each tokenizer, in that order, 8 bytes for every 1,000 of the 32,000 texts of
                fetch_texts.py (real ones first): the FNV-1a hash of, for each text, its ids, an id of all ones, its text
                with special tokens skipped, a byte 255, its text with them, a byte 255.
overrides.json  what tokenizer_config.json and special_tokens_map.json change: files, texts and the ids of transformers.

In the tree: tokenizers 0.23.3, transformers 5.17.0, sentencepiece 0.2.1. Usage: make_tokenizer_kinds_fixtures.py
"""
import json
import pathlib
import struct
import tempfile

import fetch_texts
import make_tokenizer_fixtures
import sweep_texts
import tokenizer_kinds

FOLDER = pathlib.Path(__file__).parent / "tokenizer"
CHUNK = 1000
ALL_TEXTS = 32_000


def digest(tokenizer, texts):
    data = bytearray()
    for text in texts:
        ids = tokenizer.encode(text).ids
        data += struct.pack(f"<{len(ids) + 1}I", *ids, 0xFFFFFFFF)
        data += tokenizer.decode(ids).encode("utf-8") + b"\xff"
        data += tokenizer.decode(ids, skip_special_tokens=False).encode("utf-8") + b"\xff"
    return struct.pack("<Q", make_tokenizer_fixtures.fnv1a(data))


def write_kinds():
    texts = fetch_texts.texts() + fetch_texts.fuzzed_lines(fetch_texts.MANY_FUZZED_LINES)
    assert len(texts) == ALL_TEXTS
    lines = sweep_texts.in_turns(sweep_texts.django_lines(), 6000)
    found = {}
    digests = b"TDMTOK2\0" + struct.pack("<Q", len(texts) // CHUNK)
    for name, tokenizer in tokenizer_kinds.kinds(lines):
        found[name] = json.loads(tokenizer.to_str())
        digests += b"".join(digest(tokenizer, texts[i:i + CHUNK]) for i in range(0, len(texts), CHUNK))
        print(name, flush=True)
    make_tokenizer_fixtures.write_json("kinds.json", found)
    (FOLDER / "kinds.digests").write_bytes(digests)
    return found


def token(content, **flags):
    plain = {"content": content, "lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
    return {**plain, **flags}


def write_overrides(kinds):
    from transformers import AutoTokenizer
    fast = {"tokenizer_class": "PreTrainedTokenizerFast"}
    ends = {"bos_token": "<B>", "eos_token": "<E>", "unk_token": "<U>"}
    mask = {"501": token("<mask>", special=True)}
    cases = [
        ("llama3", fast, None), ("llama3", {**fast, "bos_token": "<s>", "add_bos_token": False}, None),
        ("llama3", {**fast, "eos_token": "</s>", "add_eos_token": True}, None),
        ("gpt2", {**fast, "bos_token": "<B>", "eos_token": "<E>", "unk_token": "<U>", "pad_token": "<P>"}, None),
        ("gpt2", {**fast, "add_prefix_space": False}, None),
        ("llama3", {**fast, "added_tokens_decoder": mask}, None),
        ("llama3", {**fast, "added_tokens_decoder": mask, "mask_token": "<mask>", "bos_token": "<|end|>"}, None),
        ("llama3", {**fast, "added_tokens_decoder": {"509": token("<zz>", special=True, lstrip=True)}}, None),
        ("llama3", {**fast, "bos_token": {"__type": "AddedToken", **token("<|end|>", lstrip=True)}}, None),
        ("llama3", {**fast, "bos_token": "<|end|>", "mask_token": "<mask>"}, None),
        ("llama3", {**fast, "additional_special_tokens": ["<q>", "the"], "image_token": "<img>"}, None),
        ("t5", {**fast, "extra_special_tokens": ["<q>", "</s>"], "pad_token": "<pad>"}, None),
        ("bert_uncased", fast, {"unk_token": "[UNK]", "mask_token": token("[MASK]", lstrip=True), "sep_token": "[SEP]"}),
        ("unigram_fallback", fast, {"bos_token": token("<q>", rstrip=True), "eos_token": "the"}),
        ("llama2", {**fast, "added_tokens_decoder": {"708": token("<q>", normalized=True, special=False)}}, None),
        # Side files of before added_tokens_decoder, and that they count no more beside one.
        ("llama3", fast, {"additional_special_tokens": ["<zz>"]}),
        ("llama3", fast, {"additional_special_tokens": ["<zz>", "<q>"]}, {"<zz>": 900, "the": 3}),
        ("llama3", {**fast, "bos_token": "<s>"}, {"bos_token": "<q>", "pad_token": None}, {"<q>": 2, "<img>": 7}),
        ("llama3", {**fast, "additional_special_tokens": ["<q>"]}, {"additional_special_tokens": ["<zz>"]}, {"<q>": 5}),
        ("llama3", fast, {"extra_special_tokens": ["<zz>"]}, {"<zz>": 4, " <img>": 1}),
        ("llama3", {**fast, "added_tokens_decoder": {}}, {"additional_special_tokens": ["<zz>"]}, {"<q>": 900}),
        ("llama3", {**fast, "added_tokens_decoder": {}}, {"eos_token": "<zz>"}),
        ("bert_uncased", fast, None, {"new": 12, "tok": 999}),
        # A class of its own over a tokenizer.json: what transformers 4 and 5 both change.
        ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, **ends}, None),
        ("gpt2", {"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": False, **ends}, None),
        ("gpt2", {"tokenizer_class": "GPT2Tokenizer", **ends}, None),
        ("bert_uncased", {"tokenizer_class": "BertTokenizer", "do_lower_case": False}, None),
        ("bert_uncased", {"tokenizer_class": "BertTokenizer", "strip_accents": False, "tokenize_chinese_chars": False}, None),
        ("bert_cased", {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False, "strip_accents": True}, None),
        ("bert_cased", {"tokenizer_class": "DistilBertTokenizer"}, None),
    ]
    texts = ["hello <mask> x <|end|>  y", "the <s> </s> other", " <zz>  <q> <img>a", "<B> x<E><U> <P>", "[MASK] a [CLS] <pad>",
             "new tok  the", "A<q>  b", "\u00c9t\u00e9 \u6f22\u5b57 HeLLo"]
    out = []
    for name, config, special_map, *rest in cases:
        added_tokens = rest[0] if rest else None
        with tempfile.TemporaryDirectory() as folder:
            files = {"tokenizer.json": kinds[name], "tokenizer_config.json": config}
            if special_map is not None:
                files["special_tokens_map.json"] = special_map
            if added_tokens is not None:
                files["added_tokens.json"] = added_tokens
            for file, content in files.items():
                (pathlib.Path(folder) / file).write_text(json.dumps(content), encoding="utf-8")
            made = AutoTokenizer.from_pretrained(folder)
            assert type(made).__name__ == config["tokenizer_class"].replace("PreTrainedTokenizerFast", "TokenizersBackend").removesuffix("Fast")
            rows = []
            for text in texts:
                ids = made(text)["input_ids"]
                rows.append([text, ids, made.decode(ids, skip_special_tokens=True), made.decode(ids)])
        out.append({"kind": name, "config": config, "special_map": special_map, "added_tokens": added_tokens, "rows": rows, "bos": made.bos_token_id,
                    "eos": made.eos_token_id})
    make_tokenizer_fixtures.write_json("overrides.json", out)
    print(len(out), "overrides")


if __name__ == "__main__":
    write_overrides(write_kinds())
