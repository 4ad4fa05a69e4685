#!/usr/bin/env python3
"""Writes tests/data/training/: what torch and transformers compute when they train the tiny checkpoints of
tests/data/models, for the tests of engine/training.

  gradients/CASE.safetensors   ids, labels, the loss and the gradient of every parameter
  steps/CASE.safetensors       batches of three whole steps, the losses, and the weights after one and three steps
  adamw.safetensors            20 steps of torch.optim.AdamW on gradients that are given
  schedules.json               factors of transformers' schedules with warm-up

Losses are sums over the labels that are not -100, divided by how many there are. Gradients of tensors that the engine
holds turned or moved are as the checkpoint has them. Parameters that no gradient reaches are left out.

Needs torch, transformers and safetensors. Usage: make_training_fixtures.py
"""
import importlib.metadata
import json
import os
import pathlib
import zlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
OUT = HERE / "training"
VERSIONS = {name: importlib.metadata.version(name) for name in ("torch", "transformers")}
DECODERS = ["mistral_full", "gpt2_tied", "gemma2_caps_windows", "bloom_published", "qwen2_grouped", "neox_parallel"]
PAIRS = ["t5_gated_own_output", "t5_first", "bart", "t5gemma"]
STEPPED = ["mistral_full", "t5_gated_own_output"]


def load(name):
    folder = HERE / "models" / name
    config = transformers.AutoConfig.from_pretrained(folder)
    kind = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()  # no dropout


def drawn(name, part, vocab, rows, tokens):
    generator = torch.Generator().manual_seed(zlib.crc32(f"{name} {part}".encode()))
    return torch.randint(3, vocab, (rows, tokens), generator=generator), generator


def batch_of(model, name, part):
    text = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    vocab = getattr(text, "vocab_size", None) or model.config.decoder.vocab_size
    if not model.config.is_encoder_decoder:
        ids, _ = drawn(name, part, vocab, 2, 12)
        labels = torch.full_like(ids, -100)
        labels[:, 3:-1] = ids[:, 4:]
        labels[1, 8:] = -100
        return {"ids": ids, "labels": labels}
    source, _ = drawn(name, f"{part} source", vocab, 2, 9)
    target, _ = drawn(name, f"{part} target", vocab, 2, 6)
    mask = torch.ones_like(source)
    mask[1, 6:] = 0
    labels = target.clone()
    labels[:, :-1] = target[:, 1:]
    labels[1, 4:] = -100
    labels[:, -1] = -100
    return {"source": source, "mask": mask, "target": target, "labels": labels}


def loss_of(model, batch):
    if "ids" in batch:
        logits = model(input_ids=batch["ids"], use_cache=False).logits
    else:
        logits = model(input_ids=batch["source"], attention_mask=batch["mask"], decoder_input_ids=batch["target"],
                       use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten())


def stored(batch):
    return {name: value.to(torch.int32) for name, value in batch.items()}


def save(tensors, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()}, path, VERSIONS)


def gradients(name):
    model = load(name)
    batch = batch_of(model, name, "gradients")
    loss = loss_of(model, batch)
    loss.backward()
    found = {f"gradient.{key}": value.grad for key, value in model.named_parameters() if value.grad is not None}
    save({**stored(batch), "loss": loss.reshape(1), **found}, OUT / "gradients" / f"{name}.safetensors")


def steps(name):
    """AdamW with decay of matrices, clipping, cosine after one step of warming up; two batches to a step."""
    model = load(name)
    named = list(model.named_parameters())
    matrices = [value for key, value in named if value.dim() == 2 and "relative_attention_bias" not in key]
    others = [value for key, value in named if not (value.dim() == 2 and "relative_attention_bias" not in key)]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0}],
                                  lr=1e-2, betas=(0.9, 0.99), eps=1e-6)
    schedule = transformers.get_cosine_schedule_with_warmup(optimiser, 1, 4)
    tensors = {}
    for step in range(4):
        batches = [batch_of(model, name, f"step {step} batch {part}") for part in range(2)]
        count = sum(int((batch["labels"] != -100).sum()) for batch in batches)
        total = 0.0
        optimiser.zero_grad()
        for part, batch in enumerate(batches):
            loss = loss_of(model, batch) * (batch["labels"] != -100).sum() / count
            loss.backward()
            total += loss.detach()
            tensors.update({f"{step}.{part}.{key}": value for key, value in stored(batch).items()})
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        tensors[f"{step}.loss"] = total.reshape(1)
        tensors[f"{step}.norm"] = norm.reshape(1)
        if step in (1, 3):  # step 0 has rate 0
            tensors.update({f"{step}.weight.{key}": value.detach().clone() for key, value in named})
    save(tensors, OUT / "steps" / f"{name}.safetensors")


def adamw():
    generator = torch.Generator().manual_seed(7)
    begins = {"matrix": torch.randn(7, 33, generator=generator), "vector": torch.randn(19, generator=generator)}
    values = {name: torch.nn.Parameter(value.clone()) for name, value in begins.items()}
    optimiser = torch.optim.AdamW([{"params": [values["matrix"]], "weight_decay": 0.1},
                                   {"params": [values["vector"]], "weight_decay": 0}],
                                  lr=3e-3, betas=(0.9, 0.999), eps=1e-8)
    tensors = {f"begin.{name}": value for name, value in begins.items()}
    for step in range(20):
        for name, value in values.items():
            value.grad = torch.randn(value.shape, generator=generator) * 0.1 ** (step % 3)
            tensors[f"gradient.{step}.{name}"] = value.grad.clone()
        torch.nn.utils.clip_grad_norm_(list(values.values()), 1.0)
        optimiser.step()
        tensors.update({f"after.{step}.{name}": value.detach().clone() for name, value in values.items()})
    save(tensors, OUT / "adamw.safetensors")


def schedules():
    found = {}
    for shape, make in (("constant", lambda o, w, n: transformers.get_constant_schedule_with_warmup(o, w)),
                        ("linear", transformers.get_linear_schedule_with_warmup),
                        ("cosine", transformers.get_cosine_schedule_with_warmup)):
        for warmup, count in ((0, 10), (3, 17), (10, 10), (5, 3)):
            optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
            schedule = make(optimiser, warmup, count)
            factors = []
            for _ in range(count):
                factors.append(schedule.get_last_lr()[0])
                optimiser.step()
                schedule.step()
            found[f"{shape} {warmup} {count}"] = factors
    (OUT / "schedules.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    for case in DECODERS + PAIRS:
        gradients(case)
    for case in STEPPED:
        steps(case)
    adamw()
    schedules()
    print(sum(path.stat().st_size for path in OUT.rglob("*.*")), "bytes")
