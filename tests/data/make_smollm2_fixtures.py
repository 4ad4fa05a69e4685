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


@torch.no_grad()
def greedy(model, prompts):
    """Of each prompt the continuation and the smallest margin with which a token was chosen. All at once, padded on the
    left: a step reads the weights once."""
    longest = max(len(ids) for ids in prompts)
    mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts])
    step = torch.tensor([[0] * (longest - len(ids)) + ids for ids in prompts])
    chosen, margins, past = [], [], None
    for _ in range(NEW_TOKENS):
        positions = (mask.cumsum(-1) - 1).clamp_min(0)[:, -step.shape[1]:]
        result = model(step, attention_mask=mask, position_ids=positions, past_key_values=past, use_cache=True,
                       logits_to_keep=1)
        past = result.past_key_values
        best = result.logits[:, -1].topk(2)
        margins.append(best.values[:, 0] - best.values[:, 1])
        step = best.indices[:, :1]
        chosen.append(step)
        mask = torch.cat([mask, torch.ones_like(step)], 1)
    return torch.cat(chosen, 1), torch.stack(margins).amin(0)


@torch.no_grad()
def write_expected(path, model, texts_and_ids, folder, stride):
    texts_and_ids = list(texts_and_ids)
    continuations, margins = greedy(model, [ids for _, ids in texts_and_ids])
    vocab_ids = torch.arange(0, model.config.vocab_size, stride)
    out = {name: [] for name in ("prompt_ids", "positions", "logits", "log_sum_exp", "arg_max", "greedy_ids")}
    lengths, too_close = [], []
    for (text, ids), continuation, margin in zip(texts_and_ids, continuations, margins.tolist()):
        logits = model(torch.tensor([ids])).logits[0]
        last = len(ids) - 1
        positions = torch.tensor([0, last // 3, 2 * last // 3, last])
        print(f"{len(ids):4d} ids, margin {margin:.4f}: {text[:60]!r}", flush=True)
        if margin < SMALLEST_MARGIN:
            too_close.append(text)
        lengths.append(len(ids))
        out["prompt_ids"].append(torch.tensor(ids))
        out["positions"].append(positions)
        out["logits"].append(logits[positions][:, vocab_ids])
        out["log_sum_exp"].append(logits.double().logsumexp(-1))
        out["arg_max"].append(logits.argmax(-1))
        out["greedy_ids"].append(continuation)
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


def main():
    path = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parent / "smollm2")
    load = {"gguf_file": path.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, **load)
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.float32, **load).eval()
    write_expected(path, model, prompts(tokenizer), folder, STRIDE)


if __name__ == "__main__":
    main()
