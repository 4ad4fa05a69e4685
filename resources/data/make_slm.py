#!/usr/bin/env python3
"""Makes a small model out of a few layers of a larger one, with a tokenizer and embeddings that were trained.

Reads a folder of Hugging Face files with one model.safetensors in f32, f16 or bf16 (`tandem model convert NAME --out FOLDER
--to f32` makes one) and writes one with so many layers, everything else as it was: embeddings, last norm, output,
tokenizer. The layers are spread evenly, the first and the last among them, unless --keep names them. Such a model
writes nothing sensible before it has been trained itself. Python's own library is enough.

Usage: make_slm.py FOLDER OUT (--layers N | --keep 0,4,9)
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import struct
import sys

LAYER = re.compile(r"^((?:model\.|transformer\.)?(?:layers|h)\.)(\d+)(\..+)$")
DEPTH_KEYS = ("num_hidden_layers", "n_layer")


def fail(text):
    sys.exit(f"make_slm: {text}; nothing was written")


def spread(count, depth):
    """`count` of `depth` layers, evenly, the first and the last among them."""
    return [0] if count == 1 else [round(i * (depth - 1) / (count - 1)) for i in range(count)]


def read_header(file):
    size = struct.unpack("<Q", file.read(8))[0]
    return json.loads(file.read(size)), 8 + size


def chosen_tensors(header, keep):
    """[(new name, entry)] in the order of the file."""
    place = {layer: number for number, layer in enumerate(keep)}
    found, seen = [], set()
    for name, entry in sorted(header.items(), key=lambda item: item[1].get("data_offsets", [0])[0]):
        if name == "__metadata__":
            continue
        match = LAYER.match(name)
        if not match:
            found.append((name, entry))
        elif int(match[2]) in place:
            seen.add(int(match[2]))
            found.append((f"{match[1]}{place[int(match[2])]}{match[3]}", entry))
    missing = sorted(set(keep) - seen)
    if missing:
        fail(f"the file names no tensors of layer {missing[0]} as Tandem's decoders do (model.layers.N.)")
    return found


def smaller_config(config, keep):
    """The configuration with fewer layers; lists that have an entry for each layer keep those of the chosen ones."""
    key = next((key for key in DEPTH_KEYS if isinstance(config.get(key), int)), None)
    if key is None:
        fail("config.json has neither num_hidden_layers nor n_layer: only decoders of one stack can be cut")
    depth = config[key]
    for other in ("sliding_window_pattern", "max_window_layers"):
        if config.get(other) is not None and "layer_types" not in config:
            fail(f"config.json says by {other} which layers are of which kind, which fewer layers would change")
    if not keep or keep != sorted(set(keep)) or keep[0] < 0 or keep[-1] >= depth:
        fail(f"of {depth} layers, 0 to {depth - 1}, each can be kept once, in order; found {keep}")
    made = {name: [value[layer] for layer in keep] if isinstance(value, list) and len(value) == depth else value
            for name, value in config.items()}
    made[key] = len(keep)
    return made


def write_weights(source, out, keep):
    with open(source, "rb") as file:
        header, begin = read_header(file)
        tensors = chosen_tensors(header, keep)
        made, at = {"__metadata__": {"format": "pt"}}, 0
        for name, entry in tensors:
            size = entry["data_offsets"][1] - entry["data_offsets"][0]
            made[name] = {"dtype": entry["dtype"], "shape": entry["shape"], "data_offsets": [at, at + size]}
            at += size
        text = json.dumps(made).encode()
        text += b" " * (-len(text) % 8)
        with open(out, "wb") as to:
            to.write(struct.pack("<Q", len(text)) + text)
            for _, entry in tensors:
                file.seek(begin + entry["data_offsets"][0])
                left = entry["data_offsets"][1] - entry["data_offsets"][0]
                while left > 0:
                    block = file.read(min(left, 1 << 24))
                    if not block:
                        raise OSError("the file ends inside a tensor")
                    to.write(block)
                    left -= len(block)
            to.flush()
            os.fsync(to.fileno())


def make(folder, out, layers=None, keep=None):
    if out.exists():
        fail(f"{out} is there already")
    if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
        fail(f"{folder} needs config.json and one model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    if keep is None:
        depth = next((config[key] for key in DEPTH_KEYS if isinstance(config.get(key), int)), 0)
        if not 1 <= layers <= max(depth, 1):
            fail(f"--layers is {layers}, allowed are 1 to {depth}")
        keep = spread(layers, depth)
    config = smaller_config(config, keep)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        write_weights(folder / "model.safetensors", unfinished / "model.safetensors", keep)
        (unfinished / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        for path in folder.iterdir():
            if path.is_file() and path.name not in ("config.json", "model.safetensors"):
                shutil.copy(path, unfinished)
        unfinished.rename(out)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return keep


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("out", type=pathlib.Path)
    which = options.add_mutually_exclusive_group(required=True)
    which.add_argument("--layers", type=int)
    which.add_argument("--keep", type=lambda text: [int(part) for part in text.split(",")])
    asked = options.parse_args()
    try:
        kept = make(asked.folder, asked.out, asked.layers, asked.keep)
    except (OSError, ValueError, KeyError, struct.error) as error:
        fail(f"{asked.folder} could not be cut down: {error}")
    print(f"{asked.out}: layers {', '.join(map(str, kept))}")


if __name__ == "__main__":
    main()
