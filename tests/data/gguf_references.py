"""The `tokenizers` library over the vocabulary of a GGUF file, with the parts that the file's kind stands for: those of
the model it was made from. load(path) gives encode_all and decode_all as vocabulary_cases.py has them, or None for a kind that
is not here."""
import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CODER = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"]


def split(expression):
    return pre_tokenizers.Split(Regex(expression), "isolated")


def level(use_regex=True):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def digits(one_by_one=True):
    return pre_tokenizers.Digits(individual_digits=one_by_one)


# normalizer, pre-tokenizer steps, whether a word that is a token is that token, whether a start token is added
KINDS = {
    "gpt-2": (None, [level()], False, False),
    "starcoder": (None, [digits(), level()], False, False),
    "refact": (None, [digits(), level()], False, False),
    "smollm": (None, [digits(), level()], False, False),
    "command-r": (normalizers.NFC(), [digits(), level()], False, False),
    "mpt": (normalizers.NFC(), [level()], False, False),
    "llama-bpe": (None, [split(LLAMA3), level(False)], True, True),
    "qwen2": (normalizers.NFC(), [split(QWEN2), level(False)], False, False),
    "qwen35": (None, [split(QWEN35), level(False)], False, False),
    "deepseek-coder": (None, [*map(split, CODER), digits(), level(False)], False, False),
    "falcon": (None, [pre_tokenizers.Punctuation("contiguous"), level(), digits(False), split("[0-9][0-9][0-9]")],
               False, False),
}


class Reference:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def encode_all(self, texts, special=True):
        return [e.ids for at in range(0, len(texts), 5000)
                for e in self.tokenizer.encode_batch(texts[at:at + 5000], add_special_tokens=special)]

    def decode_all(self, ids, skip_special=False):
        return self.tokenizer.decode_batch(ids, skip_special_tokens=skip_special)


def surround(tokenizer, before, after):
    names = [*before, "$A", *after]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=names, special_tokens=[(t, tokenizer.token_to_id(t)) for t in {*before, *after}])


def load(path):
    fields = gguf.GGUFReader(path).fields

    def value(key, absent=None):
        key = f"tokenizer.ggml.{key}"
        return fields[key].contents() if key in fields else absent

    model, pre, tokens = value("model"), value("pre"), value("tokens")
    types = value("token_type", [1] * len(tokens))
    added = [AddedToken(t, special=kind != 4, normalized=False) for t, kind in zip(tokens, types) if kind in (2, 3, 4)]
    before, after = [], []
    if model == "gpt2" and pre in KINDS:
        normalizer, steps, ignore_merges, adds_bos = KINDS[pre]
        merges = [tuple(line.split(" ")) for line in value("merges")]
        unknown = next((i for i, kind in enumerate(types) if kind == 2), None)
        unknown = value("unknown_token_id", unknown)
        tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges, ignore_merges=ignore_merges,
                                         unk_token=None if unknown is None else tokens[unknown], fuse_unk=True))
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        before = [tokens[value("bos_token_id")]] if value("add_bos_token", adds_bos) else []
    elif model == "t5":
        scores = value("scores")
        pieces = [(t if kind != 5 else f"\x01{i}", s if kind != 5 else 0.0)
                  for i, (t, s, kind) in enumerate(zip(tokens, scores, types))]
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=value("unknown_token_id")))
        charsmap = bytes(b & 255 for b in value("precompiled_charsmap", []))
        if charsmap:
            tokenizer.normalizer = normalizers.Precompiled(charsmap)
        marks = {"replacement": "\u2581", "prepend_scheme": "always", "split": True}
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(**marks)])
        tokenizer.decoder = decoders.Metaspace(**marks)
        before = [tokens[value("bos_token_id")]] if value("add_bos_token", False) else []
        after = [tokens[value("eos_token_id")]] if value("add_eos_token", True) else []
    elif model == "bert":
        def spelled(token, kind):
            if token.startswith("\u2581"):
                return token[1:]
            return token if kind != 1 or (token[:1] == "[" and token[-1:] == "]") else "##" + token
        names = [spelled(t, kind) for t, kind in zip(tokens, types)]
        tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(names)},
                                               unk_token=names[value("unknown_token_id")]))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        before, after = [names[value("cls_token_id", value("bos_token_id"))]], [names[value("seperator_token_id")]]
    else:
        return None
    tokenizer.add_tokens(added)
    surround(tokenizer, before, after)
    return Reference(tokenizer)
