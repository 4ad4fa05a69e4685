"""Folders of tokenizer files in every form but tokenizer.json, and the reference tokenizer for each.

make(folder, texts) writes a case's files, trained on `texts` where something is trained; load(folder) gives the
reference: encode(text, special) -> ids and decode(ids, skip_special) -> text. References: transformers 5.17.0,
tokenizers 0.23.3, sentencepiece 0.2.3, tiktoken where it is installed.
"""
import base64
import io
import json
import os
import pathlib
import re
import shutil
import unicodedata

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gguf  # noqa: E402
import sentencepiece  # noqa: E402
from sentencepiece import sentencepiece_model_pb2 as model_pb2  # noqa: E402
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers  # noqa: E402

CASES = {}
SMALL = False  # models that fit into the tree: few pieces, a character map of a few rules


def case(name, **options):
    def register(make):
        CASES[name] = {"make": make, **options}
        return make
    return register


def write_json(path, value):
    pathlib.Path(path).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


# Rules as nmt_nfkc has them, but few: spaces, ligatures, full width, composed characters, characters that go away.
RULES = ["9\t20", "A\t20", "D\t20", "A0\t20", "2003\t20", "3000\t20", "200B\t20", "7F\t", "4\t", "FB00\t66 66",
         "FB01\t66 69", "FB03\t66 66 69", "FF1C\t3C", "FF1E\t3E", "FF0F\t2F", "FF21\t41", "65 301\tE9", "41 30A\tC5",
         "2167\t56 49 49 49", "2026\t2E 2E 2E", "BD\t31 2044 32", "B2\t32", "AC00\t1100 1161", "1E9E\t73 73"]


def train(path, texts, **options):
    """A SentencePiece model of `texts`, always the same one for the same texts."""
    made = io.BytesIO()
    if SMALL:
        rules = pathlib.Path(path).with_suffix(".tsv")
        rules.write_text("".join(rule + "\n" for rule in RULES))
        if options.get("normalization_rule_name") != "identity":
            options["normalization_rule_tsv"] = str(rules)
            options.pop("normalization_rule_name", None)
        options["vocab_size"] = 720 if options.get("byte_fallback") else 460
        options["character_coverage"] = 0.98
    options = {"vocab_size": 1200, "hard_vocab_limit": False, "character_coverage": 0.995, "num_threads": 1,
               "minloglevel": 2, "max_sentence_length": 100000, **options}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=made, **options)
    proto = model_pb2.ModelProto.FromString(made.getvalue())
    if SMALL:
        rules.unlink()
        proto.normalizer_spec.normalization_rule_tsv = ""
    proto.trainer_spec.ClearField("input")
    pathlib.Path(path).write_bytes(proto.SerializeToString())


def settings(folder, name, **values):
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": name, **values})


# T5's own layout: pad, end, unknown.
T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}


@case("t5")
def _(folder, texts):
    train(folder / "spiece.model", texts, **T5)
    settings(folder, "T5Tokenizer", clean_up_tokenization_spaces=True, legacy=True)


@case("t5_new")
def _(folder, texts):
    train(folder / "spiece.model", texts, normalization_rule_name="nmt_nfkc_cf", **T5)
    settings(folder, "T5TokenizerFast", extra_ids=7, legacy=False,
             additional_special_tokens=[f"<extra_id_{i}>" for i in range(7)] + ["<own>"])


@case("t5_added")
def _(folder, texts):
    train(folder / "spiece.model", texts, user_defined_symbols=["<sym>", "xyz"], normalization_rule_name="nfkc", **T5)
    flags = {"lstrip": False, "rstrip": False, "single_word": False}
    settings(folder, "T5Tokenizer", added_tokens_decoder={
        "0": {"content": "<pad>", "normalized": False, "special": True, **flags},
        "1": {"content": "</s>", "normalized": False, "special": True, **flags},
        "2": {"content": "<unk>", "normalized": False, "special": True, **flags},
        "5000": {"content": "<new>", "normalized": True, "special": False, "lstrip": True, "rstrip": True,
                 "single_word": True}})


@case("mt5")
def _(folder, texts):
    train(folder / "spiece.model", texts, byte_fallback=True, vocab_size=1500,
          user_defined_symbols=[f"<extra_id_{i}>" for i in range(5)], **T5)
    settings(folder, "T5Tokenizer", extra_ids=0)
    write_json(folder / "config.json", {"model_type": "mt5", "vocab_size": 2000})


@case("mbart")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts)
    settings(folder, "MBartTokenizer", src_lang="ro_RO", tgt_lang="en_XX")


@case("mbart50")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts)
    settings(folder, "MBart50Tokenizer", src_lang="fr_XX", tgt_lang="en_XX", clean_up_tokenization_spaces=True)


@case("nllb")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts, model_type="bpe")
    settings(folder, "NllbTokenizer", src_lang="deu_Latn", tgt_lang="fra_Latn",
             additional_special_tokens=["eng_Latn", "deu_Latn", "fra_Latn", "zho_Hans"])
    write_json(folder / "config.json", {"model_type": "m2m_100", "vocab_size": 3000})


@case("nllb_legacy")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts, model_type="bpe", normalization_rule_name="nfkc",
          remove_extra_whitespaces=False)
    settings(folder, "NllbTokenizer", legacy_behaviour=True,
             extra_special_tokens=["eng_Latn", {"content": "deu_Latn", "special": True, "__type": "AddedToken"}])


@case("pegasus")
def _(folder, texts):
    train(folder / "spiece.model", texts, **T5)
    settings(folder, "PegasusTokenizer")


@case("pegasus_few")
def _(folder, texts):
    train(folder / "spiece.model", texts, normalization_rule_name="nfkc_cf", **T5)
    settings(folder, "PegasusTokenizer", offset=20, mask_token="<mask_2>", mask_token_sent="<mask_1>")


@case("xlm_roberta")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts)
    settings(folder, "XLMRobertaTokenizer", mask_token={"content": "<mask>", "lstrip": True, "rstrip": False,
                                                         "single_word": False, "normalized": True,
                                                         "__type": "AddedToken"})


@case("llama")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, model_type="bpe", byte_fallback=True, vocab_size=1600,
          normalization_rule_name="identity", remove_extra_whitespaces=False)
    settings(folder, "LlamaTokenizer", add_bos_token=True, add_eos_token=False, legacy=True,
             bos_token={"content": "<s>", "__type": "AddedToken", "normalized": True, "special": False},
             clean_up_tokenization_spaces=False)
    write_json(folder / "config.json", {"model_type": "llama", "vocab_size": 2000})


@case("llama_new")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, model_type="bpe", byte_fallback=True, vocab_size=1600,
          normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
          user_defined_symbols=["<|im_start|>", "  ", "\t\t"], control_symbols=["<|end|>"])
    settings(folder, "LlamaTokenizer", add_bos_token=True, add_eos_token=True, legacy=False, pad_token="<pad>")


@case("llama_no_prefix")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, model_type="bpe", byte_fallback=True, vocab_size=1600,
          normalization_rule_name="identity", add_dummy_prefix=False)
    settings(folder, "LlamaTokenizer", add_prefix_space=False)


@case("gemma")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, model_type="bpe", byte_fallback=True, vocab_size=1600,
          normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False,
          pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
          user_defined_symbols=["<mask>", "<start_of_turn>", "\n\n"])
    settings(folder, "GemmaTokenizer", add_bos_token=True)
    write_json(folder / "config.json", {"model_type": "gemma2", "vocab_size": 2000})


@case("backend_bpe")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, model_type="bpe", byte_fallback=True, vocab_size=1600)
    settings(folder, "LlamaTokenizer", add_bos_token=True, added_tokens_decoder={
        "0": {"content": "<unk>", "special": True}, "1": {"content": "<start>", "special": True},
        "2": {"content": "</s>", "special": True}}, bos_token="<start>")
    write_json(folder / "config.json", {"model_type": "mistral", "vocab_size": 2000})


@case("backend_unigram")
def _(folder, texts):
    train(folder / "tokenizer.model", texts, byte_fallback=True, vocab_size=1600)
    settings(folder, "TokenizersBackend")
    write_json(folder / "config.json", {"model_type": "umt5", "vocab_size": 2000})


def piece_table(*paths):
    """fairseq's vocab.json: the specials, then the pieces of the models."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>"]
    for path in paths:
        proto = model_pb2.ModelProto.FromString(pathlib.Path(path).read_bytes())
        pieces += [p.piece for p in proto.pieces if p.piece not in set(pieces)]
    return {piece: i for i, piece in enumerate(pieces)}


@case("m2m100")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts)
    table = piece_table(folder / "sentencepiece.bpe.model")
    # Some pieces the vocabulary does not have.
    table = {p: i for i, p in enumerate(p for i, p in enumerate(table) if i < 4 or i % 17)}
    write_json(folder / "vocab.json", table)
    languages = ["af", "am", "ar"]
    settings(folder, "M2M100Tokenizer", src_lang="de", tgt_lang="en",
             additional_special_tokens=[f"__{code}__" for code in languages])
    write_json(folder / "config.json", {"model_type": "m2m_100", "vocab_size": 3000})


@case("m2m100_plain")
def _(folder, texts):
    train(folder / "sentencepiece.bpe.model", texts, byte_fallback=True, vocab_size=1600, add_dummy_prefix=False,
          remove_extra_whitespaces=False, user_defined_symbols=["<sym>"])
    write_json(folder / "vocab.json", piece_table(folder / "sentencepiece.bpe.model"))
    settings(folder, "M2M100Tokenizer", language_codes="wmt21")
    write_json(folder / "special_tokens_map.json", {"bos_token": "<s>", "eos_token": {
        "content": "</s>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False}})


@case("marian")
def _(folder, texts):
    train(folder / "source.spm", texts, control_symbols=["<pad>"])
    train(folder / "target.spm", list(reversed(texts)), character_coverage=0.98)
    table = piece_table(folder / "source.spm", folder / "target.spm")
    del table["<s>"], table["<pad>"]
    names = ["</s>", "<unk>", ">>fr<<", ">>de<<"] + [p for p in table if p not in ("</s>", "<unk>")] + ["<pad>"]
    write_json(folder / "vocab.json", {piece: i for i, piece in enumerate(names)})
    settings(folder, "MarianTokenizer", source_lang="eng", target_lang="fra", clean_up_tokenization_spaces=True)
    write_json(folder / "config.json", {"model_type": "marian", "vocab_size": 4000})


@case("marian_separate")
def _(folder, texts):
    train(folder / "source.spm", texts, model_type="bpe")
    train(folder / "target.spm", texts, vocab_size=1100)
    # One table for both, so that every id is a piece of either.
    for name in ("vocab.json", "target_vocab.json"):
        write_json(folder / name, piece_table(folder / "source.spm", folder / "target.spm"))
    settings(folder, "MarianTokenizer", separate_vocabs=True)


@case("byt5")
def _(folder, texts):
    settings(folder, "ByT5Tokenizer")
    write_json(folder / "config.json", {"model_type": "t5", "vocab_size": 384})


@case("byt5_added")
def _(folder, texts):
    flags = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": False, "special": True}
    settings(folder, "ByT5Tokenizer", extra_ids=0, additional_special_tokens=["<own>", "<owner>"],
             added_tokens_decoder={"0": {"content": "<pad>", **flags}, "1": {"content": "</s>", **flags},
                                   "2": {"content": "<unk>", **flags, "lstrip": True},
                                   "259": {"content": "<plain>", **flags, "special": False, "single_word": True}})


def byte_level_files(folder, texts, specials=(), prefix=False, size=1500):
    size = 400 if SMALL else size
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(specials), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    tokenizer.model.save(str(folder))


@case("gpt2")
def _(folder, texts):
    byte_level_files(folder, texts, ["<|endoftext|>"])
    settings(folder, "GPT2Tokenizer")
    write_json(folder / "config.json", {"model_type": "gpt2", "vocab_size": 2000})


@case("gpt2_added")
def _(folder, texts):
    byte_level_files(folder, texts, prefix=True)
    settings(folder, "GPT2Tokenizer", add_prefix_space=True, pad_token="[PAD]", add_eos_token=True)
    write_json(folder / "added_tokens.json", {"<|a|>": 1600, "<|b|>": 1601})


@case("opt")
def _(folder, texts):
    byte_level_files(folder, texts, ["<s>", "<pad>", "</s>", "<unk>"])
    token = {"__type": "AddedToken", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    settings(folder, "GPT2Tokenizer", add_bos_token=True, add_prefix_space=False, errors="replace",
             bos_token={**token, "content": "</s>"}, eos_token={**token, "content": "</s>"},
             pad_token={**token, "content": "<pad>"}, unk_token={**token, "content": "</s>"})
    write_json(folder / "config.json", {"model_type": "opt", "vocab_size": 2000})


@case("roberta")
def _(folder, texts):
    byte_level_files(folder, texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    settings(folder, "RobertaTokenizer", mask_token={"content": "<mask>", "lstrip": True, "rstrip": False,
                                                     "normalized": True, "single_word": False,
                                                     "__type": "AddedToken"})
    write_json(folder / "config.json", {"model_type": "roberta", "vocab_size": 2000})


@case("bart")
def _(folder, texts):
    byte_level_files(folder, texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    settings(folder, "BartTokenizer")
    write_json(folder / "config.json", {"model_type": "bart", "vocab_size": 2000})


@case("gpt_neox")
def _(folder, texts):
    byte_level_files(folder, texts, ["<|endoftext|>"])
    settings(folder, "GPTNeoXTokenizer", add_bos_token=True)


@case("qwen2")
def _(folder, texts):
    byte_level_files(folder, texts)
    settings(folder, "Qwen2Tokenizer", added_tokens_decoder={
        "1501": {"content": "<|endoftext|>", "special": True}, "1502": {"content": "<|im_start|>", "special": True}})


def wordpiece_files(folder, texts, lowercase=True):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(
        vocab_size=500 if SMALL else 2500, limit_alphabet=120 if SMALL else 600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False))
    tokenizer.model.save(str(folder))


@case("bert")
def _(folder, texts):
    wordpiece_files(folder, texts)
    settings(folder, "BertTokenizer", do_lower_case=True, clean_up_tokenization_spaces=True)
    write_json(folder / "config.json", {"model_type": "bert", "vocab_size": 3000})


@case("bert_cased")
def _(folder, texts):
    wordpiece_files(folder, texts, lowercase=False)
    settings(folder, "BertTokenizerFast", do_lower_case=False, tokenize_chinese_chars=False)


# The same vocabularies in GGUF, as llama.cpp's converter lays them out; the folder's other files are the reference's.
def write_gguf(folder, model, tokens, scores, types, **values):
    writer = gguf.GGUFWriter(folder / "model.gguf", model)
    writer.add_tokenizer_model(model)
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    if scores:
        writer.add_token_scores(scores)
    writer.add_token_types(types)
    for key, value in values.items():
        getattr(writer, f"add_{key}")(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


@case("gguf_t5", file="model.gguf")
def _(folder, texts):
    CASES["t5"]["make"](folder, texts)
    settings(folder, "T5Tokenizer", extra_ids=5)
    proto = model_pb2.ModelProto.FromString((folder / "spiece.model").read_bytes())
    extra = [f"<extra_id_{i}>" for i in reversed(range(5))]
    write_gguf(folder, "t5", [p.piece for p in proto.pieces] + extra, [p.score for p in proto.pieces] + [0.0] * 5,
               [p.type for p in proto.pieces] + [3] * 5, unk_token_id=2, eos_token_id=1, pad_token_id=0,
               add_bos_token=False, add_eos_token=True, add_space_prefix=True, remove_extra_whitespaces=True,
               precompiled_charsmap=proto.normalizer_spec.precompiled_charsmap)


@case("gguf_bert", file="model.gguf")
def _(folder, texts):
    CASES["bert"]["make"](folder, texts)
    settings(folder, "BertTokenizer")
    tokens = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    special = [t.startswith("[") and t.endswith("]") and len(t) > 2 for t in tokens]
    spelled = [t if s else t[2:] if t.startswith("##") and len(t) > 2 else "\u2581" + t
               for t, s in zip(tokens, special)]
    write_gguf(folder, "bert", spelled, None, [3 if s else 1 for s in special], unk_token_id=1, bos_token_id=2,
               sep_token_id=3, pad_token_id=0, mask_token_id=4)


@case("qwen")
def _(folder, texts):
    """The first Qwen's rank file; the reference merges by rank as tiktoken does."""
    byte_level_files(folder, texts)
    bytes_of = {c: b for b, c in bytes_to_unicode().items()}
    vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    lines = []
    for token, rank in sorted(vocab.items(), key=lambda item: item[1]):
        lines.append(base64.b64encode(bytes(bytes_of[c] for c in token)).decode() + f" {rank}\n")
    (folder / "qwen.tiktoken").write_text("".join(lines))
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()
    settings(folder, "QWenTokenizer")


def bytes_to_unicode():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


class RankReference:
    """tiktoken's algorithm over Qwen's expression and special tokens."""

    EXPRESSION = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                  r"|\s*[\r\n]+|\s+(?!\S)|\s+")

    def __init__(self, folder):
        pairs = (line.split() for line in (folder / "qwen.tiktoken").read_text().splitlines())
        self.ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
        self.tokens = {rank: token for token, rank in self.ranks.items()}
        names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|extra_{i}|>" for i in range(205)]
        self.special = {name: len(self.ranks) + i for i, name in enumerate(names)}
        self.names = {i: name for name, i in self.special.items()}
        self.words = pre_tokenizers.Split(Regex(self.EXPRESSION), "isolated")
        self.parts = re.compile("(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + ")")

    def merge(self, word):
        if word in self.ranks:
            return [self.ranks[word]]
        parts = [word[i:i + 1] for i in range(len(word))]
        while len(parts) > 1:
            best = min((self.ranks.get(parts[i] + parts[i + 1], 1 << 60), i) for i in range(len(parts) - 1))
            if best[0] == 1 << 60:
                break
            parts[best[1]:best[1] + 2] = [parts[best[1]] + parts[best[1] + 1]]
        return [self.ranks[part] for part in parts]

    def encode(self, text, special=True):
        ids = []
        for part in self.parts.split(unicodedata.normalize("NFC", text)):
            if part in self.special:
                ids.append(self.special[part])
            elif part:
                for word, _ in self.words.pre_tokenize_str(part):
                    ids += self.merge(word.encode("utf-8"))
        return ids

    def encode_all(self, texts, special=True):
        return [self.encode(text, special) for text in texts]

    def decode_all(self, ids, skip_special=False):
        return [self.decode(one, skip_special) for one in ids]

    def decode(self, ids, skip_special=False):
        kept = [i for i in ids if i in self.tokens or not skip_special]
        return b"".join(self.tokens.get(i) or self.names[i].encode() for i in kept).decode("utf-8", "replace")


class Reference:
    """What transformers makes of a folder."""

    def __init__(self, folder):
        from transformers import AutoTokenizer
        import transformers
        if (folder / "config.json").exists():
            self.tokenizer = AutoTokenizer.from_pretrained(folder)
        else:
            name = json.loads((folder / "tokenizer_config.json").read_text())["tokenizer_class"]
            self.tokenizer = getattr(transformers, name).from_pretrained(folder)

    def encode(self, text, special=True):
        return self.tokenizer(text, add_special_tokens=special)["input_ids"]

    def decode(self, ids, skip_special=False):
        return self.tokenizer.decode(ids, skip_special_tokens=skip_special)


    def encode_all(self, texts, special=True):
        return [ids for at in range(0, len(texts), 5000)
                for ids in self.tokenizer(texts[at:at + 5000], add_special_tokens=special)["input_ids"]]

    def decode_all(self, ids, skip_special=False):
        return self.tokenizer.batch_decode(ids, skip_special_tokens=skip_special)


def load(folder):
    folder = pathlib.Path(folder)
    return RankReference(folder) if (folder / "qwen.tiktoken").exists() else Reference(folder)


def make(name, folder, texts):
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    CASES[name]["make"](folder, texts)
    return folder
