#!/usr/bin/env python3
"""Writes tests/data/beams/cases.json: what transformers' beam search answers, of tiny checkpoints in tests/data/models.

Needs torch and transformers (fixtures in the tree: torch 2.13.0, transformers 5.17.0). Each group names a checkpoint, a
prompt (a source, of an encoder-decoder) and the ends of text, which are tokens that the checkpoint likes, so that
answers end at all lengths; its cases hold the options of generate() and the tokens that came of them.

A case is left out where two candidates of a step are closer than rounding: which of them goes first is nobody's
promise. It is known by its answers in f32 and in f64, which differ. A second run writes the same bytes.

Usage: OMP_NUM_THREADS=1 make_beam_fixtures.py [FOLDER]
"""
import itertools
import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, GenerationConfig

MODELS = ["llama_biases", "gpt2_tied", "mistral_window", "gemma2_caps_windows", "t5_first", "t5_gated_own_output", "bart",
          "marian_shared"]
HERE = pathlib.Path(__file__).resolve().parent
NEW_TOKENS = 12

GRID = [{"beams": beams, "length_penalty": penalty, "early_stopping": early}
        for beams, penalty, early in itertools.product([2, 4, 5], [0.5, 1.0, 2.0], [False, True])]
OTHERS = [
    {"beams": 4, "length_penalty": 0.0},
    {"beams": 3, "length_penalty": -1.0, "early_stopping": True},
    {"beams": 12, "length_penalty": 1.0},
    {"beams": 4, "max_new_tokens": 1},
    {"beams": 4, "max_new_tokens": 2, "early_stopping": True},
    {"beams": 4, "min_new_tokens": 7},
    {"beams": 2, "min_new_tokens": 12, "length_penalty": 2.0},
    {"beams": 4, "repetition_penalty": 1.4},
    {"beams": 5, "repetition_penalty": 0.8, "early_stopping": True},
    {"beams": 3, "repetition_penalty": 2.5, "min_new_tokens": 5, "length_penalty": 2.0, "early_stopping": True},
]


class Checkpoint:
    def __init__(self, name):
        folder = HERE / "models" / name
        self.name = name
        self.config = json.loads((folder / "config.json").read_text())
        self.encodes = self.config.get("is_encoder_decoder", False)
        kind = AutoModelForSeq2SeqLM if self.encodes else AutoModelForCausalLM
        # Eager: the other kinds of attention leave soft caps out.
        self.in_f32, self.in_f64 = (kind.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()
                                    for dtype in (torch.float32, torch.float64))

    def answer(self, model, prompt, ends, options):
        named = {"num_beams": "beams", "length_penalty": "length_penalty", "early_stopping": "early_stopping",
                 "min_new_tokens": "min_new_tokens", "repetition_penalty": "repetition_penalty"}
        given = {theirs: options[ours] for theirs, ours in named.items() if ours in options}
        if self.encodes:  # as config.json says, and nothing else of the checkpoint's own
            for key in ("decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "bad_words_ids",
                        "suppress_tokens"):
                if self.config.get(key) is not None:
                    given[key] = self.config[key]
        model.generation_config = GenerationConfig(
            do_sample=False, max_new_tokens=options.get("max_new_tokens", NEW_TOKENS), eos_token_id=ends or None,
            pad_token_id=0, **given)
        ids = torch.tensor([prompt])
        with torch.no_grad():
            found = model.generate(ids, attention_mask=torch.ones_like(ids))
        return found[0, 1 if self.encodes else len(prompt):].tolist()

    def group(self, prompt, ends):
        cases = []
        for options in GRID + OTHERS:
            tokens = self.answer(self.in_f32, prompt, ends, options)
            if tokens == self.answer(self.in_f64, prompt, ends, options):
                cases.append(dict(options, tokens=tokens))
        return {"model": self.name, "prompt": prompt, "ends": ends, "cases": cases}

    def groups(self):
        generator = torch.Generator().manual_seed(len(self.name))
        for ends_wanted, length in ((0, 5), (1, 8), (1, 2), (2, 6)):
            prompt = torch.randint(3, self.config["vocab_size"], (length,), generator=generator).tolist()
            free = self.answer(self.in_f32, prompt, [], {"beams": 4})
            liked = list(dict.fromkeys(free[4:]))  # not at once
            yield self.group(prompt, liked[:ends_wanted])


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "beams"
    folder.mkdir(parents=True, exist_ok=True)
    groups = [group for name in MODELS for group in Checkpoint(name).groups()]
    lines = []
    for group in groups:
        head = json.dumps({key: group[key] for key in ("model", "prompt", "ends")})
        cases = ",\n".join("  " + json.dumps(case) for case in group["cases"])
        lines.append(head[:-1] + ', "cases": [\n' + cases + "]}")
    (folder / "cases.json").write_text("[" + ",\n".join(lines) + "]\n")
    answers = [(len(case["tokens"]), group["model"]) for group in groups for case in group["cases"]]
    print(len(groups), "groups,", len(answers), "cases;", sum(n < NEW_TOKENS for n, _ in answers), "end early")


if __name__ == "__main__":
    main()
