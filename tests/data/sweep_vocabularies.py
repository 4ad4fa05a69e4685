#!/usr/bin/env python3
"""Compares Tandem's tokenizers with the references on 100,000 real lines and 20,000 made-up ones for each case.

Real lines are the translations in the pinned Django release of fetch_texts.py (98 languages, more than ten scripts),
all of its parts; made-up lines come from fetch_texts.py's generator with other seeds. For each case of
vocabulary_cases.py, and for each vocabulary of a folder of GGUF files where one is given, the ids (with and without the
tokens around a text) and the decoded texts (with and without special tokens) must be the same, and a stream must decode
to the same text. Prints a line a case; exits with 1 where anything differs.

Usage: sweep_vocabularies.py PROBE [--gguf FOLDER] [--lines N] [CASE ...]
PROBE is build/release/tests/probe_texts. The references are slow: a case takes a minute or more.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

import fetch_texts
import vocabulary_cases as cases


def real_lines(count):
    wheel = next(fetch_texts.cache_folder().glob("django-*.whl"), None)
    if wheel is None:
        fetch_texts.texts()
        wheel = next(fetch_texts.cache_folder().glob("django-*.whl"), None)
    lines = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if re.search(r"/LC_MESSAGES/django(js)?\.po$", name):
                for text in fetch_texts.strings_of(archive.read(name).decode("utf-8")):
                    lines[text] = None
    lines = list(lines)
    if len(lines) < count:  # halves of lines are lines as well
        lines += [half for line in lines for half in (line[: len(line) // 2], line[len(line) // 2:]) if half]
    random.Random(11).shuffle(lines)
    return lines[:count]


def made_up_lines(count):
    alphabet = [chr(c) for c in (*range(32, 127), *range(0xA0, 0x180), *range(0x300, 0x340), *range(0x370, 0x530),
                                 *range(0x5D0, 0x5EB), *range(0x620, 0x660), *range(0x900, 0x980), *range(0xE01, 0xE5B),
                                 *range(0x1100, 0x1200, 5), *range(0x2000, 0x2070), *range(0x2460, 0x24A0),
                                 *range(0x3000, 0x3100), *range(0x4E00, 0x9FFF, 97), *range(0xAC00, 0xD7A3, 301),
                                 *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF60), *range(0x1F600, 0x1F650, 3))]
    special = ["<s>", "</s>", "<pad>", "<unk>", "<mask>", "<extra_id_0>", "<extra_id_12>", "__en__", ">>fr<<", "[CLS]",
               "[MASK]", "<|endoftext|>", "<|im_start|>", "  ", "\t", "\n", "\r\n", "\u2581", "12345", "'s", " 'LL", "\u200d",
               "\ufe0f", "\x00", "\x7f", "\x1c", "\x85", "eng_Latn", "fr_XX", "ar_AR", "<mask_1>", "<unk_2>"]
    chance = random.Random(12)
    lines = []
    while len(lines) < count:
        parts = []
        for _ in range(chance.randint(1, 14)):
            kind = chance.random()
            if kind < 0.25:
                parts.append(chance.choice(special))
            elif kind < 0.45:
                parts.append(chance.choice(alphabet) * chance.randint(1, 9))
            else:
                parts.append("".join(chance.choice(alphabet if kind < 0.7 else alphabet[:95])
                                     for _ in range(chance.randint(1, 12))))
        lines.append("".join(parts))
    return lines


def escaped(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def compare(name, location, reference, lines, probe):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", suffix=".txt") as file:
        file.write("".join(escaped(line) + "\n" for line in lines))
        file.flush()
        done = subprocess.run([probe, str(location), file.name], capture_output=True)
    if done.returncode == 2:
        print(f"{name}: refused: {done.stderr.decode()[:300]}")
        return False
    out = done.stdout.decode("utf-8").split("\n")
    different, shown = [0, 0, 0, 0], 0
    ids = reference.encode_all(lines)
    bare = reference.encode_all(lines, special=False)
    whole, plain = (reference.decode_all(ids, skip_special=skip) for skip in (False, True))
    for i, line in enumerate(lines):
        want = [" ".join(map(str, ids[i])), " ".join(map(str, bare[i])), escaped(whole[i]), escaped(plain[i])]
        for what, (a, b) in enumerate(zip(want, out[4 * i:4 * i + 4])):
            if a != b:
                different[what] += 1
                if shown < 5:
                    shown += 1
                    print(f"  {name} {line!r:.100}\n    reference {a!r:.200}\n    tandem    {b!r:.200}")
    streams = "as well" if done.returncode == 0 else "DIFFER"
    print(f"{name}: {len(lines)} lines, different: ids {different[0]}, bare ids {different[1]}, texts {different[2]}, "
          f"without special {different[3]}; streams {streams}", flush=True)
    return not any(different) and done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probe")
    parser.add_argument("--gguf", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=120_000, help="a sixth of them made up")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    lines = real_lines(options.lines - options.lines // 6) + made_up_lines(options.lines // 6)
    print(f"{len(lines)} lines", flush=True)
    training = [" ".join(text.split()) for text in fetch_texts.texts()[:fetch_texts.REAL_LINES:5]]
    good = True
    with tempfile.TemporaryDirectory() as work:
        for name in options.cases or cases.CASES:
            if name not in cases.CASES:
                continue
            folder = cases.make(name, pathlib.Path(work) / name, training)
            location = folder / cases.CASES[name].get("file", "")
            good = compare(name, location, cases.load(folder), lines, options.probe) and good
    if options.gguf:
        import gguf_references
        for path in sorted(options.gguf.glob("*.gguf")):
            if options.cases and path.stem not in options.cases:
                continue
            reference = gguf_references.load(path)
            if reference is not None:
                good = compare(path.stem, path, reference, lines, options.probe) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
