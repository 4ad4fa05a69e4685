#!/usr/bin/env python3
"""Compares Tandem's tokenizer with the `tokenizers` library on many texts, and prints what was compared.

Every kind of tokenizer_kinds.py is trained on 20,000 real lines with vocabularies of several thousand, or tokenizer.json
files are given; then real lines (in turns from all languages) and fuzzed ones go through both. Compared are the ids with
and without special tokens, and the text they decode to with special tokens skipped and kept. Exit code 1 on any difference.

Usage: sweep_tokenizers.py BENCH_TOKENIZER [--real 100000] [--fuzzed 20000] [--size 10] [--apt-lists FOLDER]
                           [--only KIND ...] [--files tokenizer.json ...]
BENCH_TOKENIZER is build/release/bench/bench_tokenizer. FOLDER holds Debian's Translation-* lists, for more real lines.
"""
import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402

import fetch_texts  # noqa: E402
import sweep_texts  # noqa: E402
import tokenizer_kinds  # noqa: E402


def ours(program, path, texts):
    """(ids, ids without special tokens, text, text with special tokens) for every text."""
    data = b"".join(struct.pack("<I", len(raw)) + raw for raw in (t.encode("utf-8") for t in texts))
    done = subprocess.run([program, str(path), "--ids"], input=data, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}")
    out = memoryview(done.stdout)
    at = 0

    def number():
        nonlocal at
        at += 4
        return int.from_bytes(out[at - 4:at], "little")

    def ids():
        nonlocal at
        count = number()
        at += 4 * count
        return list(struct.unpack_from(f"<{count}I", out, at - 4 * count))

    def text():
        nonlocal at
        size = number()
        at += size
        return bytes(out[at - size:at]).decode("utf-8")

    for _ in texts:
        yield ids(), ids(), text(), text()


def theirs(tokenizer, texts):
    for text in texts:
        full = tokenizer.encode(text).ids
        yield (full, tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.decode(full),
               tokenizer.decode(full, skip_special_tokens=False))


PARTS = ("ids", "ids without special tokens", "text", "text with special tokens")


def compare(program, path, tokenizer, texts):
    """How many texts differ; says how the first few do."""
    different = 0
    for text, mine, reference in zip(texts, ours(program, path, texts), theirs(tokenizer, texts)):
        if mine == reference:
            continue
        different += 1
        if different <= 3:
            part = next(i for i in range(4) if mine[i] != reference[i])
            print(f"  {PARTS[part]} of {text!r}\n    ours      {mine[part]}\n    reference {reference[part]}")
    return different


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("--real", type=int, default=100_000)
    options.add_argument("--fuzzed", type=int, default=20_000)
    options.add_argument("--size", type=int, default=10)
    options.add_argument("--apt-lists")
    options.add_argument("--only", nargs="*")
    options.add_argument("--files", nargs="*", default=[])
    given = options.parse_args()
    lines = sweep_texts.django_lines()
    training = sweep_texts.in_turns(lines, 20_000)
    if given.apt_lists:
        lines.update({f"debian-{name}": found for name, found in sweep_texts.debian_lines(given.apt_lists).items()})
    real = sweep_texts.in_turns(lines, given.real)
    fuzzed = fetch_texts.fuzzed_lines(given.fuzzed)
    scripts = {name: count for name, count in sweep_texts.scripts_of(real).items() if count >= 1000}
    print(f"{len(real)} real lines, letters by script: {scripts}\n{len(fuzzed)} fuzzed lines")
    if given.files:
        found = ((path, Tokenizer.from_file(path)) for path in given.files)
    else:
        found = tokenizer_kinds.kinds(training, given.size, given.only)
    wrong = 0
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, tokenizer in found:
            tokenizer.no_truncation()
            tokenizer.no_padding()
            path = pathlib.Path(folder) / "tokenizer.json"
            tokenizer.save(str(path), pretty=False)
            start = time.time()
            try:
                different = [compare(given.program, path, tokenizer, texts) for texts in (real, fuzzed)]
            except RuntimeError as error:
                print(f"{name}: {error}")
                wrong += 1
                continue
            wrong += sum(different)
            total += len(real) + len(fuzzed)
            print(f"{name}: vocabulary {tokenizer.get_vocab_size()}, real {len(real) - different[0]}/{len(real)}, fuzzed "
                  f"{len(fuzzed) - different[1]}/{len(fuzzed)} equal, {time.time() - start:.0f} s", flush=True)
    print(f"{total - wrong} of {total} equal" if wrong == 0 else f"{wrong} DIFFERENT")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
