#!/usr/bin/env python3
"""Writes tests/data/smollm2/expected.safetensors: what transformers computes from SmolLM2-135M-Instruct's Q4_1 GGUF.

Needs torch, transformers, accelerate, gguf and safetensors; the versions that wrote a fixture are in its metadata. The GGUF is
dequantised by transformers and computed in f32 on the CPU. For each of 20 prompts the file holds

  prompt_ids      i32 [sum of lengths]  all prompts one after the other
  prompt_lengths  i32 [20]
  positions       i32 [20, 4]           positions whose logits are stored: first, two inside, last
  vocab_ids       i32 [K]               every STRIDE-th entry of the vocabulary
  logits          f32 [20, 4, K]
  log_sum_exp     f32 [sum of lengths]  over the whole vocabulary, at every position
  arg_max         i32 [sum of lengths]
  greedy_ids      i32 [20, 64]          greedy continuation, end-of-text ignored

Greedy choices with a margin below 0.002 between the two best tokens would test luck, not the engine: the script
refuses such a prompt.

Usage: make_smollm2_fixtures.py MODEL.gguf [FOLDER]
"""
import hashlib
import importlib.metadata
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

NEW_TOKENS = 64
STRIDE = 197
SMALLEST_MARGIN = 0.002

PLAIN = [
    "The capital of France is",
    "Once upon a time, in a village by the sea, there lived",
    "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n",
    "Water boils at 100 degrees Celsius at sea level because",
    "The three laws of thermodynamics say that",
    "Die Hauptstadt von Deutschland ist Berlin, und",
    "La receta de la tortilla de patatas empieza con",
    "#include <vector>\n\nint sum(const std::vector<int>& values) {\n",
    "1, 1, 2, 3, 5, 8, 13,",
    "In 1969 two astronauts landed on the Moon. The first",
]
CHAT = [
    "What is gravity? Answer in one sentence.",
    "Write a short poem about autumn.",
    "How many legs do three spiders have?",
    "How do I say 'good night' in Spanish?",
    "Name three animals that live in the ocean.",
    "Explain to a ten-year-old why the sky is blue.",
    "What should I pack for a weekend in the mountains?",
    "Write a Python function that reverses a string.",
    "Who wrote Romeo and Juliet?",
    "Give me a recipe for pancakes.",
]


def prompts(tokenizer):
    for text in PLAIN:
        yield text, tokenizer(text).input_ids
    for text in CHAT:
        message = [{"role": "user", "content": text}]
        rendered = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        yield text, tokenizer(rendered, add_special_tokens=False).input_ids


def greedy(model, ids):
    """The continuation and the smallest margin with which a token was chosen."""
    chosen, smallest, past, step = [], float("inf"), None, torch.tensor([ids])
    for _ in range(NEW_TOKENS):
        result = model(step, past_key_values=past, use_cache=True)
        past = result.past_key_values
        best = result.logits[0, -1].topk(2)
        smallest = min(smallest, float(best.values[0] - best.values[1]))
        chosen.append(int(best.indices[0]))
        step = torch.tensor([[chosen[-1]]])
    return chosen, smallest


@torch.no_grad()
def main():
    path = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parent / "smollm2")
    load = {"gguf_file": path.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, **load)
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **load).eval()
    vocab_ids = torch.arange(0, model.config.vocab_size, STRIDE)
    out = {name: [] for name in ("prompt_ids", "positions", "logits", "log_sum_exp", "arg_max", "greedy_ids")}
    lengths, too_close = [], []
    for text, ids in prompts(tokenizer):
        logits = model(torch.tensor([ids])).logits[0]
        last = len(ids) - 1
        positions = torch.tensor([0, last // 3, 2 * last // 3, last])
        continuation, margin = greedy(model, ids)
        print(f"{len(ids):4d} ids, margin {margin:.4f}: {text[:40]!r} -> {tokenizer.decode(continuation)[:60]!r}")
        if margin < SMALLEST_MARGIN:
            too_close.append(text)
        lengths.append(len(ids))
        out["prompt_ids"].append(torch.tensor(ids))
        out["positions"].append(positions)
        out["logits"].append(logits[positions][:, vocab_ids])
        out["log_sum_exp"].append(logits.double().logsumexp(-1))
        out["arg_max"].append(logits.argmax(-1))
        out["greedy_ids"].append(torch.tensor(continuation))
    if too_close:
        sys.exit(f"margins are too small; take other prompts for {too_close}")
    stacked = ("positions", "logits", "greedy_ids")
    tensors = {name: torch.stack(rows) if name in stacked else torch.cat(rows) for name, rows in out.items()}
    tensors |= {"prompt_lengths": torch.tensor(lengths), "vocab_ids": vocab_ids}
    floats = ("logits", "log_sum_exp")
    tensors = {name: value.to(torch.float32 if name in floats else torch.int32) for name, value in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "expected.safetensors", metadata={
        "model": path.name,
        "model_bytes": str(path.stat().st_size),
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "gguf": importlib.metadata.version("gguf"),
    })


if __name__ == "__main__":
    main()
