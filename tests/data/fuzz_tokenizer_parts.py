#!/usr/bin/env python3
"""Compares Tandem's tokenizer with the `tokenizers` library on random sequences of parts, and prints what differs.

Every tokenizer has a BPE model that tells words and bytes apart ("##" before what goes on a word, bytes for unknown
characters), so that each difference in normalising and splitting shows in the ids. Texts are fuzzed lines and strings of
characters that the parts treat apart.

Usage: fuzz_tokenizer_parts.py BENCH_TOKENIZER [TOKENIZERS [TEXTS]]
"""
import pathlib
import random
import sys
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

import charsmaps
import fetch_texts
import sweep_tokenizers

N, P, D = normalizers, pre_tokenizers, decoders
NAMED = [charsmaps.named("nmt_nfkc"), charsmaps.named("nfkc_cf")]
OWN = charsmaps.from_rules([("a", "z"), ("e\u0301", "E"), ("\u0915", "k"), ("\u00a9", "(c)"), ("\u1100", "G"), ("q", ""),
                            ("\u0600", "p"), ("\u1f1e", ""), ("ss", "\u00df"), ("1", "one"), ("\u0644\u0627", "la")])
EXPRESSIONS = [r"\s+", r" {2,}", r"[^\w\s]", r"\p{L}+", r"\w+|[^\w\s]+", r"(?=[A-Z])", r"\d{1,3}(?=(?:\d{3})*\b)", r"^ ", r" $",
               r"[\p{P}\p{S}&&[^_-]]", r"(?i:the|'s)", r"\p{Mn}", r"[[:upper:]]", r"[^a-z[:space:]]+", r"\R", r"(?<=e)", r"a|b",
               r"\P{M}\p{M}*", r"[\u0300-\u036f]", r"[\u4e00-\u9fff\p{Hiragana}]", r"x?"]
CHARS = (" \t\n\r\u00a0\u3000\u2028\u0085\u200b\u200d\ufeff\u2581\u00ad\u0000\u0001\u007f\ufffdaAzZeqs\u00dfIi\u0130\u0131\u03a3\u03c3"
         "\u0301\u0308\u0327\u0345\u00e9\u1e9b\u0323\u0344\u0915\u094d\u0937\u093c\u0958\u0e33\u0e01\u1100\u1161\u11a8\uac00\u4e2d\u3042\u30a2\u30fc"
         "\uff21\ufb01\u00bd\u2460\u0663\u0644\u0627\u0651\u0600\u05d0\u05b0\U0001f1e9\U0001f1ea\U0001f468\U0001f3fd\u00a9\ufe0f\U0001d400\U0002f800"
         "\U00011383\U00016d70\u1c89\ua7cb\U0001171e\u0897\U00010d50,.'-_$+<>#12|")


def model():
    vocab = {f"<0x{b:02X}>": b for b in range(256)}
    for c in " etaoinshr_\u2581\u0120|":
        vocab.setdefault(c, len(vocab))
        vocab.setdefault("##" + c, len(vocab))
    for c in sorted(P.ByteLevel.alphabet())[::2]:
        vocab.setdefault(c, len(vocab))
    merges = [("t", "##h"), ("th", "##e"), (" ", "##t"), ("##t", "##h"), ("##i", "##n"), ("\u2581", "##t")]
    for left, right in merges:
        vocab.setdefault(left + right[2:], len(vocab))
    vocab.setdefault("<unk>", len(vocab))
    return models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, continuing_subword_prefix="##")


class Chooser:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, items):
        return items[self.random.randrange(len(items))]

    def expression(self):
        return Regex(self.one(EXPRESSIONS))

    def normalizer(self):
        return self.one([
            N.NFC, N.NFD, N.NFKC, N.NFKD, N.Lowercase, N.StripAccents, N.Nmt, N.ByteLevel,
            lambda: N.Strip(left=self.one([True, False]), right=self.one([True, False])),
            lambda: N.Replace(self.one([" ", "a", "e\u0301", "\u2581", "ss"]), self.one(["", "_", "\u2581", " x "])),
            lambda: N.Replace(Regex(self.one(EXPRESSIONS[:5] + EXPRESSIONS[6:10] + EXPRESSIONS[11:15])),
                              self.one(["", "_", "\u2581", " x "])),
            lambda: N.Prepend(self.one(["\u2581", " ", "ab"])),
            lambda: N.Precompiled(self.one([*NAMED, OWN, OWN])),
            lambda: N.BertNormalizer(*(self.one([True, False]) for _ in range(4)))])()

    def behaviour(self):
        return self.one(["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"])

    def pre_tokenizer(self):
        return self.one([
            P.Whitespace, P.WhitespaceSplit, P.BertPreTokenizer, P.UnicodeScripts,
            lambda: P.ByteLevel(add_prefix_space=self.one([True, False]), use_regex=self.one([True, False])),
            lambda: P.Metaspace(prepend_scheme=self.one(["always", "first", "never"]), split=self.one([True, False])),
            lambda: P.Metaspace(prepend_scheme="first", split=self.one([True, False])),
            lambda: P.Split(self.expression(), self.behaviour(), self.one([True, False])),
            lambda: P.Split(self.one([" ", "e", "\u2581", "::"]), self.behaviour(), self.one([True, False])),
            lambda: P.Punctuation(self.behaviour()), lambda: P.Digits(self.one([True, False])),
            lambda: P.CharDelimiterSplit(self.one([" ", "a", "|"])), lambda: P.FixedLength(1 + self.random.randrange(5))])()

    def decoder(self):
        return self.one([
            D.ByteLevel, D.ByteFallback, D.Fuse, lambda: D.WordPiece("##", self.one([True, False])),
            lambda: D.Metaspace(prepend_scheme=self.one(["always", "first", "never"])),
            lambda: D.Replace(self.one(["##", "\u2581", "th"]), self.one(["", " ", "x"])), lambda: D.BPEDecoder("e"),
            lambda: D.CTC("<0x00>", "|", self.one([True, False])), lambda: D.Replace(self.expression(), "")])()

    def tokenizer(self):
        made = Tokenizer(model())
        steps = [self.normalizer() for _ in range(self.random.randrange(4))]
        if steps:
            made.normalizer = N.Sequence(steps)
        steps = [self.pre_tokenizer() for _ in range(self.random.randrange(4))]
        if steps:
            made.pre_tokenizer = P.Sequence(steps)
        steps = [self.decoder() for _ in range(self.random.randrange(4))]
        if steps:
            made.decoder = D.Sequence(steps)
        for content in ("the", "<s>", " x", "\u00e9", "A ", "##"):
            if self.random.randrange(3) == 0:
                flags = {name: self.one([True, False]) for name in ("single_word", "lstrip", "rstrip", "normalized")}
                token = AddedToken(content, **flags)
                made.add_special_tokens([token]) if self.random.randrange(2) else made.add_tokens([token])
        if self.random.randrange(3) == 0:
            made.add_special_tokens(["[CLS]", "[SEP]"])
            made.post_processor = processors.TemplateProcessing(
                single="[CLS] $A [SEP]", special_tokens=[(n, made.token_to_id(n)) for n in ("[CLS]", "[SEP]")])
        return made

    def texts(self, count):
        fuzzed = fetch_texts.fuzzed_lines(count)
        return fuzzed + ["".join(self.one(CHARS) for _ in range(self.random.randrange(24))) for _ in range(count)]


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    texts = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    different = refused = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        for seed in range(count):
            chooser = Chooser(seed)
            made = chooser.tokenizer()
            made.save(str(path), pretty=False)
            given = []
            for text in chooser.texts(texts):
                try:  # some sequences of parts are too much for the library itself
                    made.decode(made.encode(text).ids)
                    given.append(text)
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    failed += 1
            try:
                wrong = sweep_tokenizers.compare(program, path, made, given)
            except RuntimeError as error:
                refused += 1
                print(f"{seed}: refused: {error}")
                continue
            if wrong:
                different += 1
                tree = __import__("json").loads(made.to_str())
                for step in (tree["normalizer"] or {}).get("normalizers", []):
                    if "precompiled_charsmap" in step:
                        step["precompiled_charsmap"] = len(step["precompiled_charsmap"])
                print(f"{seed}: {wrong} of {len(given)} differ: {tree['normalizer']} {tree['pre_tokenizer']} {tree['decoder']} "
                      f"{tree['added_tokens']}")
    print(f"{count} tokenizers, {different} differ, {refused} refused, {failed} texts that the library fails on")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
