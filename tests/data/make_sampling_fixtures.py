#!/usr/bin/env python3
"""Writes tests/data/sampling/: logits beside the probabilities that transformers' logits processors make of them.

Needs torch and transformers (fixtures in the tree: torch 2.13.0, transformers 5.17.0). cases.json lists the options of
each case; numbers.f32 holds, for each case in turn, VOCAB logits and VOCAB probabilities (softmax after all processors,
in the order in which generate() applies them). The seed is fixed: a second run writes the same bytes.

Usage: make_sampling_fixtures.py [FOLDER]
"""
import json
import pathlib
import sys

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList, MinNewTokensLengthLogitsProcessor, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper)

VOCAB = 500
PROMPT = [3, 17, 17, 42, 499, 0, 250]
END_IDS = [2, 7]

OPTIONS = [
    {},
    {"temperature": 0.25},
    {"temperature": 3.0},
    {"top_k": 1},
    {"top_k": 20},
    {"top_k": 499},
    {"top_k": 5000},
    {"top_p": 0.0},
    {"top_p": 0.1},
    {"top_p": 0.9},
    {"top_p": 0.999},
    {"min_p": 0.05},
    {"min_p": 0.6},
    {"min_p": 1.0},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.7},
    {"min_new_tokens": 4, "answered": 3},
    {"min_new_tokens": 4, "answered": 4},
    {"temperature": 0.7, "top_k": 40, "top_p": 0.8},
    {"temperature": 1.5, "top_p": 0.95, "min_p": 0.02},
    {"temperature": 0.6, "top_k": 50, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.1, "min_new_tokens": 9,
     "answered": 1},
    {"temperature": 2.0, "top_k": 100, "min_p": 0.01, "repetition_penalty": 1.2},
]


def processors(options):
    """As transformers' GenerationMixin._get_logits_processor puts them together."""
    chain = LogitsProcessorList()
    if "repetition_penalty" in options:
        chain.append(RepetitionPenaltyLogitsProcessor(options["repetition_penalty"]))
    if "min_new_tokens" in options:
        chain.append(MinNewTokensLengthLogitsProcessor(len(PROMPT), options["min_new_tokens"],
                                                       torch.tensor(END_IDS), device="cpu"))
    if "temperature" in options:
        chain.append(TemperatureLogitsWarper(options["temperature"]))
    if "top_k" in options:
        chain.append(TopKLogitsWarper(options["top_k"]))
    if "top_p" in options:
        chain.append(TopPLogitsWarper(options["top_p"]))
    if "min_p" in options:
        chain.append(MinPLogitsWarper(options["min_p"]))
    return chain


def logits_of(kind, generator):
    if kind == "peaked":  # as a trained model has them: few large, a long tail
        return torch.randn(VOCAB, generator=generator) * 3 + 6 * (torch.rand(VOCAB, generator=generator) > 0.98)
    if kind == "flat":
        return torch.randn(VOCAB, generator=generator) * 0.01
    if kind == "tied":  # ties at the edge of top_k are all kept
        return torch.round(torch.randn(VOCAB, generator=generator) * 2)
    logits = torch.randn(VOCAB, generator=generator) * 2
    logits[torch.rand(VOCAB, generator=generator) > 0.5] = -torch.inf
    return logits


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "sampling")
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(20240611)
    cases, numbers = [], []
    for options in OPTIONS:
        for kind in ("peaked", "flat", "tied", "banned"):
            # Which of several equal tokens a nucleus ends with is left open by torch's sort.
            if kind == "tied" and "top_p" in options:
                continue
            logits = logits_of(kind, generator).float()
            ids = torch.tensor([PROMPT + [100 + i for i in range(options.get("answered", 0))]])
            scores = processors(options)(ids, logits[None].clone())
            cases.append({"logits": kind, **options})
            numbers += [logits, torch.softmax(scores[0], -1)]
    (folder / "cases.json").write_text(
        json.dumps({"vocab": VOCAB, "prompt": PROMPT, "end_ids": END_IDS, "cases": cases}, indent=1) + "\n")
    (folder / "numbers.f32").write_bytes(torch.cat(numbers).numpy().astype("<f4").tobytes())


if __name__ == "__main__":
    main()
