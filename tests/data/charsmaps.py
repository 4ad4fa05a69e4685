"""Normalisers in SentencePiece's compiled form, for tests: the trainer of the sentencepiece library compiles them."""
import io
import tempfile

import sentencepiece


def field(data, want):
    """The first length-delimited field `want` of a protocol buffer."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 2:
            size = varint()
            body = data[at:at + size]
            at += size
            if key >> 3 == want:
                return body
        elif key & 7 == 0:
            varint()
        else:
            at += 4 if key & 7 == 5 else 8
    raise ValueError(f"no field {want}")


def model(**options):
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["hello world this is a text"] * 50), model_writer=stream, vocab_size=30,
        model_type="char", minloglevel=2, **options)
    return stream.getvalue()


def named(rule):
    """nmt_nfkc, nmt_nfkc_cf, nfkc, nfkc_cf"""
    return field(field(model(normalization_rule_name=rule), 3), 2)


def from_rules(rules):
    """rules: pairs of texts"""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        for source, target in rules:
            codes = [" ".join(f"{ord(c):X}" for c in text) for text in (source, target)]
            file.write("\t".join(codes) + "\n")
        file.flush()
        return field(field(model(normalization_rule_tsv=file.name), 3), 2)
