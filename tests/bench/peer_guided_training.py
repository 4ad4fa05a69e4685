"""Tandem and torch with transformers training the same guided small model (LLM-to-SLM), interleaved in one run; prints
medians of tokens a second and of peak memory, and their ratios.

    python3 tests/bench/peer_guided_training.py [--rounds 3] [--steps 3] [--threads 2] [--vectors computed,cached]
                                                [--reference tuned] [--recompute] [--keep FOLDER]

Needs torch, transformers and safetensors. The models have random weights, which this script makes: a frozen decoder of
SmolLM2-135M's shape, read behind three quarters of its layers, and a Llama of 30M parameters that is trained, f32. Each
step takes 8 rows of 192 tokens of prompt and 64 of answer; the large model reads 192 tokens for each. Both programs
take the same steps on the same numbers, and the losses are compared. The first pass over the batches is not measured,
and with cached vectors the large model runs in that pass alone. Both keep both models loaded.

The reference is what one writes with transformers: labels given to the model, torch's AdamW, clip_grad_norm_. With
--reference tuned it computes logits at the labels only and takes torch's fused AdamW. The large model reads the batch
at once. With --recompute both keep what enters each layer and compute the layer again for its gradients. Ratio above 1:
Tandem is faster, or smaller.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from peer_llama_bench import TREE, cpu_name

LAYER = 23
PROMPT, ANSWER, ROWS, BATCHES = 192, 64, 8, 2


def make(folder):
    import torch
    import transformers
    from safetensors.torch import save_file

    torch.manual_seed(1)
    large = transformers.LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
                                     num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True)
    small = transformers.LlamaConfig(vocab_size=32000, hidden_size=384, intermediate_size=1024, num_hidden_layers=10,
                                     num_attention_heads=6, num_key_value_heads=6, tie_word_embeddings=True)
    transformers.LlamaForCausalLM(large).save_pretrained(folder / "large")
    transformers.LlamaForCausalLM(small).save_pretrained(folder / "small")
    first, second = torch.nn.Linear(576, 384), torch.nn.Linear(384, 384)
    save_file({"first.weight": first.weight.detach(), "first.bias": first.bias.detach(),
               "second.weight": second.weight.detach(), "second.bias": second.bias.detach()},
              folder / "projector.safetensors")

    def ids(count, vocabulary):
        return torch.randint(3, vocabulary, (count,)).tolist()

    alignment = [[max(token - token % 2, 0), token + 1] for token in range(PROMPT)]
    batches = [[{"small": ids(PROMPT, 32000), "large": ids(PROMPT, 49152), "alignment": alignment,
                 "answer": ids(ANSWER, 32000)} for _ in range(ROWS)] for _ in range(BATCHES)]
    (folder / "rows.json").write_text(json.dumps({"layer": LAYER, "batches": batches}))


def peak_mib():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def reference(folder, options):
    """Runs in a process of its own."""
    import torch
    import transformers
    from safetensors.torch import load_file

    torch.set_num_threads(options.threads)
    cached, tuned, steps = options.vectors == "cached", options.reference == "tuned", options.steps
    declared = json.loads((folder / "rows.json").read_text())
    large = transformers.AutoModelForCausalLM.from_pretrained(folder / "large", dtype=torch.float32).eval()
    small = transformers.AutoModelForCausalLM.from_pretrained(folder / "small", dtype=torch.float32).train()
    if options.recompute:
        small.gradient_checkpointing_enable()
    large.requires_grad_(False)
    numbers = load_file(folder / "projector.safetensors")
    projector = torch.nn.Sequential(torch.nn.Linear(576, 384), torch.nn.ReLU(), torch.nn.Linear(384, 384))
    projector.load_state_dict({"0.weight": numbers["first.weight"], "0.bias": numbers["first.bias"],
                               "2.weight": numbers["second.weight"], "2.bias": numbers["second.bias"]})
    parameters = list(small.parameters()) + list(projector.parameters())
    optimiser = torch.optim.AdamW([{"params": [p for p in parameters if p.dim() == 2], "weight_decay": 0.01},
                                   {"params": [p for p in parameters if p.dim() != 2], "weight_decay": 0}],
                                  lr=5e-4, fused=True if tuned else None)
    batches = []
    for rows in declared["batches"]:
        shares = torch.zeros(len(rows), PROMPT, PROMPT)
        for row, matrix in zip(rows, shares):
            for token, (begin, behind) in enumerate(row["alignment"]):
                matrix[token, begin:behind] = 1 / (behind - begin)
        batches.append({"large": torch.tensor([row["large"] for row in rows]), "shares": shares,
                        "ids": torch.tensor([row["small"] + row["answer"] for row in rows])})
    kept = {}

    def vectors(index):
        if index not in kept:
            batch = batches[index]
            with torch.no_grad():
                body = large.model
                states = body(input_ids=batch["large"], output_hidden_states=True, use_cache=False).hidden_states[LAYER]
            made = batch["shares"] @ states
            if not cached:
                return made
            kept[index] = made
        return kept[index]

    # The layers behind the one that is read are not needed.
    large.model.layers = large.model.layers[:LAYER + 1]
    losses, tokens = [], 0
    for at in range(BATCHES + steps):
        if at == BATCHES:
            pathlib.Path("/proc/self/clear_refs").write_text("5")
            begin, processor = time.perf_counter(), processor_seconds()
        batch = batches[at % BATCHES]
        guidance = projector(vectors(at % BATCHES))
        optimiser.zero_grad()
        if tuned:
            embeddings = small.get_input_embeddings()(batch["ids"][:, :-1])
            embeddings = torch.cat([embeddings[:, :PROMPT] + guidance, embeddings[:, PROMPT:]], 1)
            logits = small(inputs_embeds=embeddings, use_cache=False, logits_to_keep=ANSWER).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["ids"][:, PROMPT:].flatten())
        else:
            embeddings = small.get_input_embeddings()(batch["ids"])
            embeddings = torch.cat([embeddings[:, :PROMPT] + guidance, embeddings[:, PROMPT:]], 1)
            labels = batch["ids"].clone()
            labels[:, :PROMPT] = -100
            loss = small(inputs_embeds=embeddings, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        losses.append(loss.item())
        tokens += ROWS * (PROMPT + ANSWER) if at >= BATCHES else 0
    print(json.dumps({"losses": losses, "tokens_per_second": tokens / (time.perf_counter() - begin),
                      "tokens_per_processor_second": tokens / (processor_seconds() - processor),
                      "peak_mib": peak_mib()}))


def run(command, threads):
    # Tandem's workers wait as docs/decisions/0007 says; the peer as torch does by itself.
    spinning = {} if command[0] == sys.executable else {"GOMP_SPINCOUNT": "1000"}
    environment = {**spinning, **os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1",
                   "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout[done.stdout.index("{"):])


def compare(options, folder, vectors):
    tandem = [options.tandem, str(folder), "--vectors", vectors, "--steps", str(options.steps), "--threads",
              str(options.threads)]
    peer = [sys.executable, __file__, "--child", str(folder), "--vectors", vectors, "--steps", str(options.steps),
            "--threads", str(options.threads), "--reference", options.reference]
    again = ["--recompute"] if options.recompute else []
    programs = {"tandem": tandem + again, "torch": peer + again}
    figures = {name: [] for name in programs}
    for round_number in range(options.rounds):
        for name in list(programs) if round_number % 2 == 0 else list(reversed(programs)):
            found = run(programs[name], options.threads)
            figures[name].append(found)
            print(f"round {round_number + 1}: vectors {vectors:8} {name:6} {found['tokens_per_second']:8.1f} tokens/s "
                  f"{found['tokens_per_processor_second']:8.1f} by processor time  peak {found['peak_mib']:7.0f} MiB",
                  flush=True)
    apart = max(abs(a - b) for a, b in zip(figures["tandem"][0]["losses"], figures["torch"][0]["losses"]))
    if apart > 1e-3:
        sys.exit(f"the losses are {apart} apart: these are not the same steps")
    print(f"vectors {vectors}, reference {options.reference}{', layers computed again' if again else ''}; losses at most {apart:.1e} apart")
    for figure, better in (("tokens_per_second", 1), ("tokens_per_processor_second", 1), ("peak_mib", -1)):
        ours, theirs = ([run[figure] for run in figures[name]] for name in ("tandem", "torch"))
        ratios = [(a / b) ** better for a, b in zip(ours, theirs)]
        print(f"  {figure:28} tandem {statistics.median(ours):8.1f}  torch {statistics.median(theirs):8.1f}  "
              f"ratio {statistics.median(ratios):.2f} (rounds {min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tandem", default=str(TREE / "build/release/bench/bench_guided_training"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--vectors", default="computed,cached")
    parser.add_argument("--reference", choices=("plain", "tuned"), default="plain")
    parser.add_argument("--recompute", action="store_true", help="compute layers again for their gradients")
    parser.add_argument("--keep", help="a folder for the models, used again where they are there")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        reference(pathlib.Path(options.child), options)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.keep or scratch)
        if not (folder / "rows.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            make(folder)
        print(f"{cpu_name()}, {options.threads} threads, {options.steps} steps of {ROWS} x {PROMPT + ANSWER} tokens")
        for vectors in options.vectors.split(","):
            compare(options, folder, vectors)


if __name__ == "__main__":
    main()
