"""Small tokenizers of every kind and with every part that tokenizer.json can have, trained by the `tokenizers` library.

`kinds(lines, size)` gives pairs of a name and a tokenizer. `lines` is real text in many scripts, `size` scales the
vocabularies: 1 gives files of some 20 kB, for the tree; 10 and more are for sweeps.
"""
import json
import unicodedata

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

import charsmaps

N, P, D = normalizers, pre_tokenizers, decoders
ALPHABET = P.ByteLevel.alphabet()

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
          r"\s+(?!\S)|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
WITHOUT_HAN = (r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
               r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}|"
               r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
            r"\s*[\r\n]+|\s+(?!\S)|\s+"]
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
OTHERS = r"\b\w+\b|[[:punct:]]|\h{2}|[^\W\d_]|\P{L}"


def seq(*steps):
    module = type(steps[0]).__module__
    return {N.__name__: N, P.__name__: P, D.__name__: D}[module].Sequence(list(steps))


def split(pattern, behaviour="isolated", invert=False):
    return P.Split(Regex(pattern), behaviour, invert)


def bytes_last(*steps):
    return seq(*steps, P.ByteLevel(add_prefix_space=False, use_regex=False))


def few_rules(form):
    """What a compiled normaliser does, for few characters: the real ones are large."""
    chars = [chr(c) for low, high in ((0xA0, 0xBE), (0x132, 0x17F), (0x1C4, 0x1CC), (0x2000, 0x206F), (0x2100, 0x2122),
                                      (0x2460, 0x2469), (0xFB00, 0xFB06), (0xFF01, 0xFF20), (0xFE70, 0xFE74)) for c in range(low, high + 1)]
    rules = [(c, unicodedata.normalize("NFKC", c)) for c in chars if unicodedata.normalize("NFKC", c) != c]
    rules += [(c, " ") for c in "\t\n\r\u200b\u200d\ufeff\u2028"] + [(c, "") for c in "\x01\x04\x06\x13\x1d\x7f"]
    rules += [(base + mark, unicodedata.normalize("NFC", base + mark)) for base in "aeiou\u03b1\u0438" for mark in "\u0301\u0300\u0308"
              if len(unicodedata.normalize("NFC", base + mark)) == 1]
    return rules + ([(c, c.lower()) for c in map(chr, range(0x41, 0x5B))] if form.endswith("_cf") else [])


class Maker:
    def __init__(self, lines, size):
        self.lines = lines
        self.size = size

    def charsmap(self, form):
        return N.Precompiled(charsmaps.named(form) if self.size > 1 else charsmaps.from_rules(dict(few_rules(form)).items()))

    def train(self, model, trainer, normalizer=None, pre=None, decoder=None):
        tokenizer = Tokenizer(model)
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        if pre is not None:
            tokenizer.pre_tokenizer = pre
        if decoder is not None:
            tokenizer.decoder = decoder
        tokenizer.train_from_iterator(self.lines, trainer)
        return tokenizer

    def bpe(self, pre, size=500, normalizer=None, decoder=None, alphabet=ALPHABET, special=(), **options):
        extra = {k: options[k] for k in ("continuing_subword_prefix", "end_of_word_suffix") if k in options}
        trainer = trainers.BpeTrainer(vocab_size=size * self.size, initial_alphabet=list(alphabet), show_progress=False,
                                      special_tokens=list(special), limit_alphabet=400 if not alphabet else 1000, **extra)
        return self.train(models.BPE(**options), trainer, normalizer, pre, decoder or D.ByteLevel())

    def piece_bpe(self, size=700, normalizer=None, pre=None, decoder=None, fallback=True, fuse=True):
        special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
        trainer = trainers.BpeTrainer(vocab_size=size * self.size, special_tokens=special, show_progress=False,
                                      limit_alphabet=200 * min(self.size, 5))
        made = self.train(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=fallback), trainer, normalizer, pre)
        tree = json.loads(made.to_str())  # the trainer makes every special token an added one; bytes are not
        tree["added_tokens"] = tree["added_tokens"][:3]
        made = Tokenizer.from_str(json.dumps(tree))
        if decoder is not None:
            made.decoder = decoder
        return made

    def unigram(self, size=500, normalizer=None, pre=None, decoder=None, fallback=False, special=("<pad>", "</s>", "<unk>")):
        bytes_ = [f"<0x{b:02X}>" for b in range(256)] if fallback else []
        trainer = trainers.UnigramTrainer(vocab_size=max(5000, 2 * size * self.size) + len(bytes_), special_tokens=[*special, *bytes_],
                                          unk_token="<unk>", show_progress=False, shrinking_factor=0.6)
        made = self.train(models.Unigram(), trainer, normalizer, pre)
        tree = json.loads(made.to_str())
        tree["added_tokens"] = tree["added_tokens"][:len(special)]
        tree["model"]["byte_fallback"] = fallback
        # The trainer keeps every character of its text; so few of them leave something unknown.
        vocab = tree["model"]["vocab"]
        tree["model"]["vocab"] = vocab[:len(special) + len(bytes_)] + [
            [text, score] for text, score in vocab[len(special) + len(bytes_):]
            if len(text) > 1 or ord(text) < 0x250 or ord(text) % 3][:size * self.size]
        made = Tokenizer.from_str(json.dumps(tree))
        if decoder is not None:
            made.decoder = decoder
        return made

    def word_piece(self, size=500, normalizer=None, pre=None, decoder=None, prefix="##", longest=100):
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        trainer = trainers.WordPieceTrainer(vocab_size=size * self.size, special_tokens=special, show_progress=False,
                                            continuing_subword_prefix=prefix, limit_alphabet=250)
        return self.train(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=longest,
                                           continuing_subword_prefix=prefix),
                          trainer, normalizer, pre, decoder or D.WordPiece(prefix=prefix))

    def words(self, pre, size=400, normalizer=None, decoder=None):
        trainer = trainers.WordLevelTrainer(vocab_size=size * self.size, special_tokens=["[UNK]", "[PAD]"],
                                            show_progress=False)
        return self.train(models.WordLevel(unk_token="[UNK]"), trainer, normalizer, pre, decoder)


def surrounded(tokenizer, single, *names):
    tokenizer.add_special_tokens([n for n in names if tokenizer.token_to_id(n) is None])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, special_tokens=[(n, tokenizer.token_to_id(n)) for n in names])
    return tokenizer


def with_added(tokenizer):
    tokenizer.add_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False),
                          AddedToken("the", single_word=True, normalized=False), AddedToken("new tok", normalized=True),
                          AddedToken("Ünï", normalized=True, single_word=True), AddedToken("  ", normalized=False)])
    tokenizer.add_special_tokens([AddedToken("<|end|>", rstrip=True, normalized=False),
                                  AddedToken("<|NORM|>", normalized=True), AddedToken("한국", normalized=False)])
    return tokenizer


def bert_kinds(m):
    for name, flags in (("bert_uncased", {}), ("bert_cased", {"lowercase": False}),
                        ("bert_accents", {"lowercase": False, "strip_accents": True}),
                        ("bert_plain", {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False})):
        made = m.word_piece(normalizer=N.BertNormalizer(**flags), pre=P.BertPreTokenizer())
        made.post_processor = processors.BertProcessing(("[SEP]", made.token_to_id("[SEP]")),
                                                        ("[CLS]", made.token_to_id("[CLS]")))
        yield name, made
    yield "word_piece_short", with_added(m.word_piece(
        pre=seq(P.WhitespaceSplit(), P.Punctuation("merged_with_next")), longest=6, decoder=D.WordPiece("##", False),
        normalizer=seq(N.NFD(), N.StripAccents(), N.Strip())))
    yield "word_piece_no_prefix", m.word_piece(pre=seq(P.Whitespace(), P.Digits(True)), prefix="", size=300,
                                               normalizer=N.Lowercase(), decoder=D.WordPiece("", True))
    yield "word_piece_bytes", m.word_piece(pre=seq(P.ByteLevel(add_prefix_space=True)), size=300, decoder=D.ByteLevel())


def unigram_kinds(m):
    metaspace = D.Metaspace()
    yield "t5", surrounded(m.unigram(normalizer=m.charsmap("nmt_nfkc"),
                                     pre=seq(P.WhitespaceSplit(), P.Metaspace()), decoder=metaspace), "$A </s>", "</s>")
    yield "albert", m.unigram(
        normalizer=seq(N.Replace("``", '"'), N.Replace("''", '"'), N.NFKD(), N.StripAccents(), N.Lowercase(),
                       m.charsmap("nfkc")), pre=P.Metaspace(), decoder=metaspace)
    yield "unigram_fallback", with_added(m.unigram(
        normalizer=seq(m.charsmap("nmt_nfkc_cf"), N.Replace(Regex(" {2,}"), " ")),
        pre=P.Metaspace(prepend_scheme="first"), fallback=True,
        decoder=seq(D.ByteFallback(), D.Metaspace(prepend_scheme="first"))))
    yield "unigram_whole", m.unigram(
        normalizer=seq(N.Nmt(), N.NFKC(), N.Strip(left=True, right=False), N.Replace(" ", "▁"), N.Prepend("▁")),
        decoder=seq(D.Replace("▁", " "), D.Fuse(), D.Strip(" ", 1, 0)))
    # Equal sums of scores everywhere: which of them wins shows.
    tree = json.loads(m.unigram(pre=P.Metaspace(), decoder=metaspace).to_str())
    for entry in tree["model"]["vocab"]:
        entry[1] = float(-len(entry[0]))
    yield "unigram_ties", Tokenizer.from_str(json.dumps(tree))
    tree["model"]["vocab"][5:] = [[text, len(text) * 0.1] for text, _ in tree["model"]["vocab"][5:]]
    tree["model"]["vocab"].append(["the", 1.5])
    tree["model"]["vocab"].append(["the", 0.5])
    yield "unigram_positive", Tokenizer.from_str(json.dumps(tree))


def word_kinds(m):
    for name, pre in (("whitespace", P.Whitespace()), ("delimiter", P.CharDelimiterSplit("-")),
                      ("scripts", P.UnicodeScripts()), ("fixed", P.FixedLength(3)),
                      ("punctuation_contiguous", seq(P.WhitespaceSplit(), P.Punctuation("contiguous"))),
                      ("punctuation_removed", seq(P.WhitespaceSplit(), P.Punctuation("removed"), P.Digits())),
                      ("scripts_split", seq(P.UnicodeScripts(), P.Whitespace(), split(OTHERS)))):
        yield "words_" + name, m.words(pre, normalizer=seq(N.NFC(), N.Lowercase(), N.Strip()))
    made = m.words(seq(P.WhitespaceSplit(), P.FixedLength(1)), decoder=D.CTC("[PAD]", "|", True), size=200)
    yield "words_ctc", made


def bpe_kinds(m):
    yield "gpt2", m.bpe(P.ByteLevel(add_prefix_space=True))
    made = m.bpe(bytes_last(split(LLAMA3)), ignore_merges=True)
    yield "llama3", with_added(surrounded(made, "<s> $A", "<s>"))
    yield "o200k", m.bpe(bytes_last(split(O200K)))
    yield "without_han", m.bpe(bytes_last(split(WITHOUT_HAN)))
    yield "bloom", m.bpe(bytes_last(split(BLOOM)))
    yield "deepseek", m.bpe(bytes_last(*map(split, DEEPSEEK)))
    yield "falcon", m.bpe(seq(P.Punctuation("contiguous"), P.ByteLevel(add_prefix_space=False), P.Digits(False),
                              split("[0-9][0-9][0-9]")))
    made = m.bpe(seq(split(CLIP, "removed", True), P.ByteLevel(add_prefix_space=False)), end_of_word_suffix="</w>",
                 normalizer=seq(N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()))
    yield "clip", surrounded(made, "<s> $A </s>", "<s>", "</s>")
    yield "gpt1", m.bpe(P.BertPreTokenizer(), normalizer=N.BertNormalizer(), alphabet=(), unk_token="<unk>",
                        special=["<unk>"], end_of_word_suffix="</w>", decoder=D.BPEDecoder("</w>"))
    yield "bpe_prefix", m.bpe(P.Whitespace(), alphabet=(), unk_token="<unk>", special=["<unk>"], fuse_unk=True,
                              continuing_subword_prefix="##", decoder=D.WordPiece("##"))
    made = m.bpe(split("Ġ", "merged_with_next"), normalizer=seq(N.NFKC(), N.ByteLevel()))
    yield "bytes_normalised", with_added(made)
    yield "gemma", with_added(m.piece_bpe(
        normalizer=N.Replace(" ", "▁"), pre=P.Split(" ", "merged_with_previous"),
        decoder=seq(D.Replace("▁", " "), D.ByteFallback(), D.Fuse())))
    llama2 = seq(D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0))
    yield "llama2", with_added(surrounded(m.piece_bpe(
        normalizer=seq(N.Prepend("▁"), N.Replace(" ", "▁")), decoder=llama2), "<s> $A", "<s>"))
    yield "nllb", surrounded(m.piece_bpe(
        normalizer=seq(m.charsmap("nmt_nfkc"), N.Replace(Regex(" {2,}"), "▁")),
        pre=P.Metaspace(), decoder=D.Metaspace(), fallback=False), "</s> $A </s>", "</s>")
    yield "unknown_single", with_added(m.piece_bpe(
        normalizer=seq(N.Strip(), N.Lowercase()), pre=P.Metaspace(prepend_scheme="first", split=False), fallback=False,
        fuse=False))


def kinds(lines, size=1, only=None):
    maker = Maker(lines, size)
    for group in (bert_kinds, unigram_kinds, word_kinds, bpe_kinds):
        for name, tokenizer in group(maker):
            if only is None or name in only:
                yield name, Tokenizer.from_str(tokenizer.to_str())
