#!/usr/bin/env python3
"""Writes tests/data/training/guided/: what torch and transformers compute when a frozen large model guides a small one
that is trained with its projector (LLM-to-SLM, arXiv 2402.16844), on the tiny checkpoints of tests/data/models.

  CASE.json         the models, the options, and each step's rows: tokens of both models, the alignment, the answer
  CASE.safetensors  the projector's first weights; each step's loss and norm of gradients; the weights after the first
                    step (of the projector, and of everything where the case says so) and after the last

The loss is the mean over the answers' tokens. An answer has no guidance, nor has padding. Nothing here is shared with
the engine: vectors are pooled, projected and fused in plain torch. Every projector, pooling and fusion is in one of them.

Needs torch, transformers and safetensors. Usage: make_guided_step_fixtures.py
"""
import importlib.metadata
import json
import os
import pathlib
import random

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
OUT = HERE / "training" / "guided"
VERSIONS = {name: importlib.metadata.version(name) for name in ("torch", "transformers")}
OPTIONS = {"learning_rate": 2e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-5, "clip_norm": 1.0}
STEPS = 3
DEFAULTS = {"projector": "mlp", "fusion": "add", "place": "embeddings", "pooling": "mean", "vector_norm": "rms"}
# name: large, small, the layer of a decoder behind which its states are taken, weights after the first step, the form
CASES = {
    "encoder_guides_gpt2": ("t5_first", "gpt2_tied", -1, "all", {"vector_norm": "none"}),
    "middle_layer_guides_llama": ("qwen2_grouped", "llama_biases", 1, "projector", {}),
    "middle_layer_guides_encoder_decoder": ("mistral_full", "t5_first", 1, "projector", {}),
    "gated_last_replaces_in_llama": ("qwen2_grouped", "llama_biases", 1, "projector",
                                     {"projector": "gated", "fusion": "replace", "pooling": "last"}),
    "low_rank_before_gpt2": ("t5_first", "gpt2_tied", -1, "projector", {"projector": "low-rank", "fusion": "prepend"}),
    "linear_adds_to_an_encoders_output": ("mistral_full", "t5_first", 1, "projector",
                                          {"projector": "linear", "place": "encoder-output"}),
}


class Gated(torch.nn.Module):
    """SwiGLU"""

    def __init__(self, wide, narrow):
        super().__init__()
        self.gate = torch.nn.Linear(wide, narrow, bias=False)
        self.up = torch.nn.Linear(wide, narrow, bias=False)
        self.down = torch.nn.Linear(narrow, narrow)

    def forward(self, vectors):
        return self.down(torch.nn.functional.silu(self.gate(vectors)) * self.up(vectors))


def make_projector(kind, wide, narrow):
    """The module, and the engine's names of its parameters."""
    linear = torch.nn.Linear
    if kind == "gated":
        return Gated(wide, narrow), {}
    if kind == "low-rank":
        return torch.nn.Sequential(linear(wide, narrow // 4, bias=False), linear(narrow // 4, narrow)), {
            "0.weight": "down.weight", "1.weight": "up.weight", "1.bias": "up.bias"}
    if kind == "linear":
        return linear(wide, narrow), {"weight": "first.weight", "bias": "first.bias"}
    return torch.nn.Sequential(linear(wide, narrow), torch.nn.ReLU(), linear(narrow, narrow)), {
        "0.weight": "first.weight", "0.bias": "first.bias", "2.weight": "second.weight", "2.bias": "second.bias"}


def load(name):
    folder = HERE / "models" / name
    config = transformers.AutoConfig.from_pretrained(folder)
    kind = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()  # no dropout


def rows(generator, large, small):
    """Rows of one step: prompts of different lengths; the large model's tokens are more, as many or fewer."""
    made = []
    for tokens, states, answer in ((5, 7, 3), (3, 3, 5), (6, 4, 2)):
        alignment = []
        for token in range(tokens):
            first = token * states // tokens
            alignment.append([first, max((token + 1) * states // tokens, first + 1)])
        alignment[-1][0] = max(alignment[-1][0] - 2, 0)  # neighbours may overlap
        made.append({
            "small": [generator.randrange(3, small.config.vocab_size) for _ in range(tokens)],
            "large": [generator.randrange(3, large.config.vocab_size) for _ in range(states)],
            "alignment": alignment,
            "answer": [generator.randrange(3, small.config.vocab_size) for _ in range(answer)],
        })
    return made


def guidance(large, layer, form, row):
    """[tokens of the small model, width]; before the prompt [tokens of the large one, width]"""
    ids = torch.tensor([row["large"]])
    with torch.no_grad():
        if large.config.is_encoder_decoder:
            states = large.get_encoder()(input_ids=ids).last_hidden_state[0]
        else:
            states = large(input_ids=ids, output_hidden_states=True, use_cache=False).hidden_states[layer][0]
    if form["fusion"] == "prepend":
        read = states
    elif form["pooling"] == "last":
        read = torch.stack([states[behind - 1] for _, behind in row["alignment"]])
    else:
        read = torch.stack([states[first:behind].mean(0) for first, behind in row["alignment"]])
    if form["vector_norm"] == "rms":
        return torch.nn.functional.rms_norm(read, read.shape[-1:], eps=1e-6)
    return read


def padded(lists, filler):
    longest = max(len(one) for one in lists)
    return torch.tensor([list(one) + [filler] * (longest - len(one)) for one in lists])


def fused(form, own, guide, prompt):
    """One row: `prompt` vectors of the prompt and those behind it, guided."""
    if form["fusion"] == "prepend":
        return torch.cat([guide, own])
    return torch.cat([own[:prompt] + guide if form["fusion"] == "add" else guide, own[prompt:]])


def stacked(vectors):
    longest = max(len(one) for one in vectors)
    return torch.stack([torch.nn.functional.pad(one, (0, 0, 0, longest - len(one))) for one in vectors])


def loss_of(small, projector, form, batch, vectors):
    prompts, answers = [row["small"] for row in batch], [row["answer"] for row in batch]
    guides = [projector(vector) for vector in vectors]
    embed = small.get_input_embeddings()
    if small.config.is_encoder_decoder:
        start = small.config.decoder_start_token_id
        labels = padded(answers, -100)
        mask = padded([[1] * len(prompt) for prompt in prompts], 0)
        if form["place"] == "encoder-output":
            own = small.get_encoder()(input_ids=padded(prompts, 0), attention_mask=mask).last_hidden_state
            inputs = {"encoder_outputs": transformers.modeling_outputs.BaseModelOutput(stacked(
                [fused(form, states, guide, len(prompt)) for states, guide, prompt in zip(own, guides, prompts)]))}
        else:
            inputs = {"inputs_embeds": stacked([fused(form, embed(torch.tensor(prompt)), guide, len(prompt))
                                                for prompt, guide in zip(prompts, guides)])}
        logits = small(**inputs, attention_mask=mask,
                       decoder_input_ids=padded([[start] + answer[:-1] for answer in answers], 0),
                       use_cache=False).logits
    else:
        own = [embed(torch.tensor(prompt + answer[:-1])) for prompt, answer in zip(prompts, answers)]
        read = [fused(form, one, guide, len(prompt)) for one, guide, prompt in zip(own, guides, prompts)]
        labels = padded([[-100] * (len(one) - len(answer)) + answer for one, answer in zip(read, answers)], -100)
        logits = small(inputs_embeds=stacked(read), attention_mask=padded([[1] * len(one) for one in read], 0),
                       use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())


def make(name):
    large_name, small_name, layer, after_first, changed = CASES[name]
    form = DEFAULTS | changed
    torch.manual_seed(1)
    generator = random.Random(name)
    large, small = load(large_name), load(small_name)
    large.requires_grad_(False)
    wide, narrow = large.config.hidden_size, small.config.hidden_size
    projector, names = make_projector(form["projector"], wide, narrow)
    own = {f"projector.{names.get(name, name)}": value for name, value in projector.named_parameters()}
    others = {f"small.{name}": value for name, value in small.named_parameters()}
    matrices = [value for key, value in {**own, **others}.items()
                if value.dim() == 2 and "relative_attention_bias" not in key]
    flat = [value for key, value in {**own, **others}.items()
            if not (value.dim() == 2 and "relative_attention_bias" not in key)]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": OPTIONS["weight_decay"]}, {"params": flat, "weight_decay": 0}],
        lr=OPTIONS["learning_rate"], betas=(OPTIONS["beta1"], OPTIONS["beta2"]), eps=OPTIONS["epsilon"])
    tensors = {f"begin.{key}": value.detach().clone() for key, value in own.items()}
    batches = []
    for step in range(STEPS):
        batch = rows(generator, large, small)
        batches.append(batch)
        optimiser.zero_grad()
        loss = loss_of(small, projector, form, batch, [guidance(large, layer, form, row) for row in batch])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(matrices + flat, OPTIONS["clip_norm"])
        optimiser.step()
        tensors[f"{step}.loss"] = loss.detach().reshape(1)
        tensors[f"{step}.norm"] = norm.reshape(1)
        kept = {} if 0 < step < STEPS - 1 else own if step == 0 and after_first == "projector" else {**own, **others}
        tensors.update({f"{step}.{key}": value.detach().clone() for key, value in kept.items()})
    OUT.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, OUT / f"{name}.safetensors", VERSIONS)
    declared = {"large": large_name, "small": small_name, "layer": layer, "form": form, "options": OPTIONS,
                "steps": batches}
    (OUT / f"{name}.json").write_text(json.dumps(declared, separators=(",", ":")) + "\n")
    print(name, [round(float(tensors[f"{step}.loss"]), 4) for step in range(STEPS)],
          [round(float(tensors[f"{step}.norm"]), 4) for step in range(STEPS)])


if __name__ == "__main__":
    for case in CASES:
        make(case)
    print(sum(path.stat().st_size for path in OUT.iterdir()), "bytes")
