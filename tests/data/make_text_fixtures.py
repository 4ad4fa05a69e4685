#!/usr/bin/env python3
"""Writes FOLDER/text.safetensors: how likely transformers finds 20 kB of prose under a GGUF, computed in f32.

  ids    i32 [windows, LENGTH]   the text, cut into windows that are read apart
  nll    f32 [windows]           sum of -log p of the ids of a window but the first, each given those before it

The prose is the start of the Debian Administrator's Handbook (Raphael Hertzog and Roland Mas, GPL-2+ or CC-BY-SA-3.0),
the HTML files of the Debian package debian-handbook in the order of their names. Windows are longer than Gemma 3's
local attention sees.

Needs torch, transformers, accelerate, gguf, safetensors and, for vocabularies of SentencePiece, which transformers does
not rebuild from a GGUF, sentencepiece and protobuf.

Usage: make_text_fixtures.py MODEL.gguf HANDBOOK/html/en-US FOLDER
"""
import hashlib
import html.parser
import importlib.metadata
import pathlib
import sys

import gguf
import torch
import transformers
from safetensors.torch import save_file

BYTES = 20_000
LENGTH = 1024


class Prose(html.parser.HTMLParser):
    """The text of paragraphs."""

    def __init__(self):
        super().__init__()
        self.inside, self.paragraphs = False, []

    def handle_starttag(self, tag, attributes):
        if tag == "div" and ("class", "para") in attributes or tag == "p":
            self.inside = True
            self.paragraphs.append("")

    def handle_endtag(self, tag):
        if tag in ("div", "p"):
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.paragraphs[-1] += data


def text_of(folder):
    reader = Prose()
    for path in sorted(folder.glob("*.html")):
        reader.feed(path.read_text())
    paragraphs = [" ".join(paragraph.split()) for paragraph in reader.paragraphs]
    text = "\n\n".join(paragraph for paragraph in paragraphs if len(paragraph) > 80)
    return text.encode()[:BYTES].decode(errors="ignore")


def sentencepiece_encoder(fields):
    """Of a processor made anew from a file's pieces."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as proto

    model = proto.ModelProto()
    for piece, score, kind in zip(*(fields[f"tokenizer.ggml.{name}"].contents()
                                    for name in ("tokens", "scores", "token_type"))):
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.model_type = proto.TrainerSpec.BPE
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.vocab_size = len(model.pieces)
    model.trainer_spec.unk_id = fields["tokenizer.ggml.unknown_token_id"].contents()
    model.trainer_spec.bos_id = fields["tokenizer.ggml.bos_token_id"].contents()
    model.trainer_spec.eos_id = fields["tokenizer.ggml.eos_token_id"].contents()
    model.trainer_spec.pad_id = fields["tokenizer.ggml.padding_token_id"].contents()
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = fields["tokenizer.ggml.add_space_prefix"].contents()
    model.normalizer_spec.remove_extra_whitespaces = False
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString()).encode


def tokenizer_of(path):
    """Ids of a text, and the id that every text begins with, if any."""
    fields = gguf.GGUFReader(path).fields
    if fields["tokenizer.ggml.model"].contents() == "llama":
        begins = "tokenizer.ggml.add_bos_token" in fields and fields["tokenizer.ggml.add_bos_token"].contents()
        bos = [fields["tokenizer.ggml.bos_token_id"].contents()] if begins else []
        return sentencepiece_encoder(fields), bos
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    return (lambda text: tokenizer(text, add_special_tokens=False).input_ids), []


def load(path):
    return transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name,
                                                             dtype=torch.float32).eval()


@torch.no_grad()
def main():
    path, handbook, folder = (pathlib.Path(argument) for argument in sys.argv[1:4])
    encode, bos = tokenizer_of(path)
    ids = encode(text_of(handbook))
    own = LENGTH - len(bos)
    windows = torch.tensor([bos + ids[i:i + own] for i in range(0, len(ids) - own + 1, own)])
    model = load(path)
    nll = []
    for window in windows:
        logits = model(window[None]).logits[0, :-1].double()
        nll.append(-logits.log_softmax(-1).gather(1, window[1:, None]).sum())
    nll = torch.stack(nll)
    print(f"{windows.numel()} ids, perplexity {torch.exp(nll.sum() / (windows.shape[0] * (LENGTH - 1))):.4f}")
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"ids": windows.int(), "nll": nll.float()}, folder / "text.safetensors", metadata={
        "text": "The Debian Administrator's Handbook, Raphael Hertzog and Roland Mas, GPL-2+ or CC-BY-SA-3.0",
        "model": path.name,
        "model_bytes": str(path.stat().st_size),
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **{name: importlib.metadata.version(name) for name in ("torch", "transformers", "gguf")}})


if __name__ == "__main__":
    main()
