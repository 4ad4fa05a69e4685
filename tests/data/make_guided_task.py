#!/usr/bin/env python3
"""Makes a task with a known answer, on which guidance is informative by construction, and two tiny models for it.

A source has a colour, two words that mean nothing and a sign, "red leaf zeta moss gives"; its target is the word that
belongs to the sign, and the colour: "six red". The small model's tokenizer knows no sign: each is its one unknown
token, so that alone it can learn the colour but not more than guess among the {signs} words. The large model's
tokenizer tells the signs apart. Its weights are random, drawn wide enough that its states keep what was read, and
nothing but a projector and the small model ever learns.

Made, without any library: llm/ and slm/ (config.json, tokenizer.json, tokenizer_config.json, model.safetensors), and
train.jsonl, validation.jsonl, test.jsonl, which share no source.

Usage: make_guided_task.py FOLDER
"""
import array
import json
import pathlib
import random
import struct
import sys

COLOURS = ["red", "green", "blue", "white"]
WORDS = ["leaf", "moss", "stone", "river", "cloud", "sand", "fern", "wind"]
SIGNS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
ANSWERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
SPECIAL = ["<unk>", "<end>"]
ROWS = {"train": 2000, "validation": 100, "test": 200}

__doc__ = __doc__.format(signs=len(SIGNS))


def pairs():
    """Every (source, target), in a random order that never changes."""
    every = [(f"{colour} {left} {sign} {right} gives", f"{answer} {colour}")
             for colour in COLOURS for left in WORDS for right in WORDS for sign, answer in zip(SIGNS, ANSWERS)]
    source = random.Random(5)
    return sorted(every, key=lambda pair: source.random())


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_tokenizer(folder, vocabulary):
    write_json(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for number, word in enumerate(SPECIAL)],
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: number for number, word in enumerate(vocabulary)},
                  "unk_token": "<unk>"}})
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>",
                                                  "eos_token": "<end>", "model_max_length": 64})


def write_safetensors(path, tensors):
    """`tensors`: {name: (shape, array of f32)}."""
    header, at = {}, 0
    for name, (shape, values) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * len(values)]}
        at += 4 * len(values)
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, values in tensors.values():
            file.write(values.tobytes())


def write_llama(folder, vocabulary, layers, width, heads, embedding_spread, seed):
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, vocabulary)
    inner = 2 * width
    write_json(folder / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "float32", "hidden_size": width,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": heads, "head_dim": width // heads, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "max_position_embeddings": 64, "attention_bias": False, "mlp_bias": False,
        "vocab_size": len(vocabulary), "tie_word_embeddings": False, "bos_token_id": None, "eos_token_id": 1,
        "pad_token_id": None})
    source = random.Random(seed)

    def drawn(rows, columns, spread):
        return [rows, columns], array.array("f", (source.gauss(0, spread) for _ in range(rows * columns)))

    ones = [width], array.array("f", [1.0] * width)
    spread = width ** -0.5
    tensors = {"model.embed_tokens.weight": drawn(len(vocabulary), width, embedding_spread)}
    for layer in range(layers):
        name = f"model.layers.{layer}."
        tensors[name + "input_layernorm.weight"] = ones
        for projection in "qkvo":
            tensors[f"{name}self_attn.{projection}_proj.weight"] = drawn(width, width, spread)
        tensors[name + "post_attention_layernorm.weight"] = ones
        tensors[name + "mlp.gate_proj.weight"] = drawn(inner, width, spread)
        tensors[name + "mlp.up_proj.weight"] = drawn(inner, width, spread)
        tensors[name + "mlp.down_proj.weight"] = drawn(width, inner, inner ** -0.5)
    tensors["model.norm.weight"] = ones
    tensors["lm_head.weight"] = drawn(len(vocabulary), width, 0.1 * spread)
    write_safetensors(folder / "model.safetensors", tensors)


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    known = SPECIAL + COLOURS + WORDS + ANSWERS + ["gives"]
    write_llama(folder / "llm", known + SIGNS, layers=4, width=32, heads=4, embedding_spread=1.0, seed=1)
    write_llama(folder / "slm", known, layers=2, width=64, heads=4, embedding_spread=0.5, seed=2)
    every = iter(pairs())
    for split, rows in ROWS.items():
        lines = (json.dumps(dict(zip(("source", "target"), next(every)))) for _ in range(rows))
        (folder / f"{split}.jsonl").write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(pathlib.Path(sys.argv[1]))
