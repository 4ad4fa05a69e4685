#!/usr/bin/env python3
"""Writes tests/data/gemma3/expected.safetensors: what transformers computes from Gemma-3-270M's Q4_K_M GGUF, laid out as
make_smollm2_fixtures.py says. The base model continues plain texts; there is no chat template.

Needs what make_smollm2_fixtures.py and make_text_fixtures.py need.

Usage: make_gemma3_fixtures.py MODEL.gguf [FOLDER]
"""
import pathlib
import sys

from make_smollm2_fixtures import PLAIN, write_expected
from make_text_fixtures import load, tokenizer_of

STRIDE = 1999
TEXTS = PLAIN + [
    "The recipe for a good apple pie starts with",
    "In the beginning of the nineteenth century, the city of Vienna was",
    "SELECT name, age FROM people WHERE",
    "The difference between a virus and a bacterium is that",
    "Photosynthesis is the process by which",
    "Dear Sir or Madam,\n\nI am writing to",
    "Le petit chat dort sur le canapé et",
    "The quick brown fox jumps over the lazy dog. The lazy dog",
    "Chapter 1\n\nIt was a dark and stormy night;",
    "A triangle with sides of 3, 4 and 5 has a right angle because",
]


def main():
    path = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parent / "gemma3")
    encode, bos = tokenizer_of(path)
    write_expected(path, load(path), ((text, bos + encode(text)) for text in TEXTS), folder, STRIDE)


if __name__ == "__main__":
    main()
