#!/usr/bin/env python3
"""Times Tandem's tokenizer against the `tokenizers` library on one core, in interleaved rounds, and prints the ratios.

Five tokenizers of 30,000 tokens (byte-level BPE as GPT-2's and Llama 3's, SentencePiece-like BPE, Unigram, WordPiece) are
trained on real lines in many languages, then both sides encode the same texts: the lines one by one (the library through
encode_batch_fast, which leaves offsets out), the whole text at once, and one word of 10 MB. Best of the rounds counts.

Usage: peer_tokenizers.py BENCH_TOKENIZER [ROUNDS [APT_LISTS]]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "data"))

from tokenizers import Tokenizer  # noqa: E402

import sweep_texts  # noqa: E402
import tokenizer_kinds  # noqa: E402

KINDS = ("gpt2", "llama3", "llama2", "t5", "bert_cased")
TEXT_BYTES = 4_000_000
WORD_BYTES = 10_000_000


def theirs(tokenizer, text, lines, word):
    start = time.perf_counter()
    tokenizer.encode_batch_fast(lines)
    by_line = time.perf_counter() - start
    start = time.perf_counter()
    tokenizer.encode(text)
    whole = time.perf_counter() - start
    seconds = None
    if word is not None:
        start = time.perf_counter()
        tokenizer.encode(word)
        seconds = time.perf_counter() - start
    return {"lines": by_line, "whole": whole, "word": seconds}


def ours(program, path, files, word):
    def figures(file):
        done = subprocess.run([program, str(path), "--time", str(file), "1"], capture_output=True, check=True)
        return json.loads(done.stdout)

    text = figures(files["text"])
    return {"lines": text["lines_seconds"], "whole": text["whole_text_seconds"],
            "word": figures(files["word"])["whole_text_seconds"] if word else None}


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    by_language = sweep_texts.django_lines()
    if len(sys.argv) > 3:
        by_language.update({f"debian-{k}": v for k, v in sweep_texts.debian_lines(sys.argv[3]).items()})
    lines = sweep_texts.in_turns(by_language, 200_000)
    training = lines[:60_000]
    text = ("\n".join(lines) * (1 + TEXT_BYTES // max(1, sum(map(len, lines))))).encode("utf-8")[:TEXT_BYTES].decode("utf-8", "ignore")
    lines = text.split("\n")
    word = ("abcdefghijklmnopqrstuvwxyz" * (WORD_BYTES // 26 + 1))[:WORD_BYTES]
    size = len(text.encode("utf-8")) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        files = {"text": pathlib.Path(folder) / "text", "word": pathlib.Path(folder) / "word"}
        files["text"].write_text(text, encoding="utf-8")
        files["word"].write_text(word, encoding="utf-8")
        found = {name: made for name, made in tokenizer_kinds.kinds(training, 60, KINDS)}
        for name in KINDS:
            path = pathlib.Path(folder) / "tokenizer.json"
            found[name].save(str(path), pretty=False)
            tokenizer = Tokenizer.from_file(str(path))
            best = {}
            for number in range(rounds):
                with_word = number == 0
                for side, seconds in (("ours", ours(program, path, files, with_word)),
                                      ("theirs", theirs(tokenizer, text, lines, word if with_word else None))):
                    for what, value in seconds.items():
                        if value is not None:
                            best[side, what] = min(value, best.get((side, what), value))
            for what, amount in (("lines", size), ("whole", size), ("word", WORD_BYTES / 1e6)):
                mine, reference = best["ours", what], best["theirs", what]
                print(f"{name:12} {what:6} ours {amount / mine:7.2f} MB/s  tokenizers {amount / reference:7.2f} MB/s  "
                      f"ratio {reference / mine:6.2f}", flush=True)


if __name__ == "__main__":
    main()
