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


CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog isn't amused: they'll run again.",
    "Hello world! Hello there, hello you. We're here; I've seen it, he'd say so, you'll see. It's 2024, not 1999.",
    "Größe, Straße, naïve café, über, façade. Ο γρήγορος σκύλος. Быстрая лиса прыгает. 日本語のテキストです。 한국어 문장.",
    "def f(x):\n    return x + 1\n\n\nfor i in range(10):\n\tprint(i, 12345, 3.14)\n",
    "cats dogs birds catalog dogma birdsong running runner runs the then there these other another mother",
] * 4

TEXTS = [
    "", " ", "  ", "a", "Hello world", " Hello  world ", "hello there", "The dog isn't here, they'll run.",
    "It'S HE'LL", "\u017f it'\u017f x", "1234567 12 3", "abc123def", "x  \n\n y\r\n\tz", "   leading", "trailing   ", "\n", "\t\t",
    "naïve café", "cafe\u0301 \u00e9", "\ufb01ne \u2460 \u212b", "İstanbul ΑΣ", "日本語のテキスト", "한국어", "🙂👍🏽", "\u00a0a\u3000b",
    "<s>hi</s>", "a<mask>b", "a <mask> b", "x<|end|> y", "<|end|>", "<|end|><|end|>", "ab<unk>c", "cat cats concat", "catalog cat", " cat ",
    "def f(x):\n    return x", "a_b__c", "...!!!???", "ⅷ½²", "\u180e\u0085\u2028x", "▁x ▁▁y", "\x00\x01", "\U0010fffe",
    "the" * 30, "hello " * 20, "NEW tok new TOK", "wordnew tok", "\u200d\u0301a", "e\u0301e\u0301",
]


def case_list(tokenizer):
    def ids(text, special, parse):
        tokenizer.encode_special_tokens = not parse
        return tokenizer.encode(text, add_special_tokens=special).ids

    cases = []
    for text in TEXTS:
        full = ids(text, True, True)
        plain = ids(text, False, False)
        cases.append([text, full, plain, tokenizer.decode(full, skip_special_tokens=True),
                      tokenizer.decode(full, skip_special_tokens=False)])
    # Ids in any order, as a model may give them.
    size = tokenizer.get_vocab_size()
    orders = [[(i * 7 + k * 13) % size for i in range(24)] for k in range(6)]
    return cases, [[ids, tokenizer.decode(ids, skip_special_tokens=k % 2 == 0)] for k, ids in enumerate(orders)]


def byte_level(pre=None, size=330, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=GPT2_BYTES, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def split_then_bytes(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
          r"\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def template(tokenizer, single):
    tokenizer.add_special_tokens(["<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("<s>", "</s>")])


def sentencepiece_like(normalizer=None, pre=None, decoder=None, fallback=True, fuse=True, size=420):
    words = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=fallback))
    words.normalizer = normalizer
    words.pre_tokenizer = pre
    special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    words.train_from_iterator(CORPUS[:4], trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, limit_alphabet=60, show_progress=False))
    # The trainer makes every special token an added one; bytes are not.
    tree = json.loads(words.to_str())
    tree["added_tokens"] = tree["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(tree))
    tokenizer.decoder = decoder
    return tokenizer


LLAMA2_NORMALIZER = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
LLAMA2_DECODER = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])


def component_tokenizers():
    yield "gpt2", byte_level()
    yield "gpt2_prefix_space", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    yield "digits_then_bytes", byte_level(pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    yield "digit_runs", byte_level(pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    made = byte_level(split_then_bytes(LLAMA3), ignore_merges=True)
    template(made, "<s> $A")
    made.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), made.post_processor])
    yield "llama3", made
    made = byte_level(split_then_bytes(QWEN2))
    made.normalizer = normalizers.NFC()
    yield "qwen2_nfc", made
    yield "o200k", byte_level(split_then_bytes(O200K))
    made = byte_level()
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    yield "nfkc_lowercase", made
    made = byte_level()
    made.add_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False),
                     AddedToken("cat", single_word=True, normalized=False), AddedToken("new tok", normalized=True)])
    made.add_special_tokens([AddedToken("<|end|>", rstrip=True, normalized=False), "<s>"])
    yield "added_tokens", made
    made = byte_level()
    made.normalizer = normalizers.Lowercase()
    made.add_tokens([AddedToken("NEW tok", normalized=True), AddedToken("CAT", normalized=True, single_word=True),
                     AddedToken("Hello", normalized=False, lstrip=True)])
    yield "added_normalized", made
    made = byte_level()
    template(made, "<s> $A </s>")
    yield "template", made
    made = byte_level()
    made.add_special_tokens(["<s>", "</s>"])
    made.post_processor = processors.RobertaProcessing(("</s>", made.token_to_id("</s>")),
                                                       ("<s>", made.token_to_id("<s>")))
    yield "roberta", made
    for behaviour in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        yield f"split_{behaviour}", byte_level(pre_tokenizers.Sequence(
            [pre_tokenizers.Split(" ", behaviour), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
            size=280)
    yield "split_inverted", byte_level(pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\w+|[^\w\s]+"), "removed", invert=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), size=280)
    made = sentencepiece_like(LLAMA2_NORMALIZER, None, LLAMA2_DECODER)
    template(made, "<s> $A")
    made.add_tokens([AddedToken("new tok", normalized=True)])
    made.add_special_tokens([AddedToken("hello", normalized=True)])
    yield "llama2", made
    for scheme in ("always", "first", "never"):
        yield f"metaspace_{scheme}", sentencepiece_like(
            None, pre_tokenizers.Metaspace(prepend_scheme=scheme),
            decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme=scheme)]))
    yield "metaspace_unsplit", sentencepiece_like(
        None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False), LLAMA2_DECODER)
    yield "unknown_fused", sentencepiece_like(LLAMA2_NORMALIZER, None, LLAMA2_DECODER, fallback=False, size=150)
    yield "unknown_single", sentencepiece_like(LLAMA2_NORMALIZER, None, LLAMA2_DECODER, fallback=False, fuse=False,
                                               size=150)
    made = sentencepiece_like(normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r" {2,}"), " "),
                                                    normalizers.Replace(" ", "▁")]), None,
                              decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(),
                                                 decoders.Replace(Regex("▁+"), " "), decoders.Strip(" ", 1, 0)]))
    yield "regex_replace", made
    yield "strip_each_end", sentencepiece_like(LLAMA2_NORMALIZER, None, decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.Strip(" ", 0, 1)]), size=400)
    yield "no_decoder", sentencepiece_like(None, None, None, size=400)


def write_components():
    out = []
    for name, tokenizer in component_tokenizers():
        tree = json.loads(tokenizer.to_str())
        tokenizer = Tokenizer.from_str(json.dumps(tree))
        cases, orders = case_list(tokenizer)
        out.append({"name": name, "tokenizer": tree, "cases": cases, "orders": orders})
    write_json("components.json", out)
    print(f"components: {len(out)} tokenizers, {len(TEXTS)} texts each")


def write_pre_kinds():
    base = byte_level(size=360)
    tree = json.loads(base.to_str())["model"]
    tokens = [t for t, _ in sorted(tree["vocab"].items(), key=lambda item: item[1])]
    kinds = {
        "gpt-2": (None, {}), "default": (None, {}),
        "smollm": (pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                            pre_tokenizers.ByteLevel(add_prefix_space=False)]), {}),
        "llama-bpe": (split_then_bytes(LLAMA3), {"ignore_merges": True}), "qwen2": (split_then_bytes(QWEN2), {}),
    }
    out = {"tokens": tokens + ["<s>", "</s>", "<tool>"], "types": [1] * len(tokens) + [3, 3, 4],
           "merges": [" ".join(pair) for pair in tree["merges"]], "kinds": {}}
    for name, (pre, options) in kinds.items():
        vocab = {t: i for i, t in enumerate(out["tokens"])}
        tokenizer = Tokenizer(models.BPE(vocab, [tuple(pair) for pair in tree["merges"]], **options))
        tokenizer.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        if name == "qwen2":
            tokenizer.normalizer = normalizers.NFC()
        tokenizer.add_special_tokens(["<s>", "</s>"])
        tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
        if name == "llama-bpe":
            template(tokenizer, "<s> $A")
        cases, orders = case_list(tokenizer)
        out["kinds"][name] = {"cases": cases, "orders": orders}
    write_json("pre_kinds.json", out)
    print(f"pre_kinds: {', '.join(kinds)}")


def write_sentencepiece():
    models_out = []
    for name, prefix, fallback in (("fallback", True, True), ("no_prefix", False, True), ("unknown", True, False)):
        stream = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for text in CORPUS for line in text.split("\n") if line), model_writer=stream,
            model_type="bpe", vocab_size=460 if fallback else 200, byte_fallback=fallback, add_dummy_prefix=prefix,
            normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.98,
            user_defined_symbols=["<tool>"], minloglevel=2)
        model = sentencepiece.SentencePieceProcessor(model_proto=stream.getvalue())
        count = model.get_piece_size()
        types = [2 if model.is_unknown(i) else 3 if model.is_control(i) else 6 if model.is_byte(i) else
                 5 if model.is_unused(i) else 4 if model.id_to_piece(i) == "<tool>" else 1 for i in range(count)]
        # User-defined and control pieces in a text are ours to find, not the model's: texts here have none.
        texts = [t for t in TEXTS if "<" not in t and "\x00" not in t]
        models_out.append({"name": name, "prefix": prefix, "tokens": [model.id_to_piece(i) for i in range(count)],
                           "scores": [model.get_score(i) for i in range(count)], "types": types,
                           "cases": [[t, model.encode(t), model.decode(model.encode(t))] for t in texts]})
    write_json("sentencepiece.json", models_out)
    print(f"sentencepiece: {len(models_out)} models")


def write_json(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_components()
    write_pre_kinds()
    write_sentencepiece()
    write_smollm2(pathlib.Path(sys.argv[1]))
