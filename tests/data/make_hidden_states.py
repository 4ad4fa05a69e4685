#!/usr/bin/env python3
"""Writes tests/data/hidden_states.safetensors: of every tiny decoder of tests/data/models that transformers loads as it
stands, the hidden states it returns (output_hidden_states) for the second row of the case's ids at its last two
positions: CASE -> f32 [layers + 1, 2, hidden]. A last one of another width than the rest is written as CASE.last.

Needs torch, transformers and safetensors; their versions are in the file's metadata.

Usage: make_hidden_states.py
"""
import importlib.metadata
import os
import pathlib

HERE = pathlib.Path(__file__).parent
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def hidden_states(folder, ids):
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
                                                               attn_implementation="eager").eval()
    with torch.no_grad():
        out = model(ids, use_cache=False, output_hidden_states=True)
    return [layer[1, -2:].float() for layer in out.hidden_states], out.logits


def main():
    import torch
    from safetensors.torch import load_file, save_file

    tensors, skipped = {}, []
    for folder in sorted((HERE / "models").iterdir()):
        expected = load_file(folder / "expected.safetensors")
        if "ids" not in expected:
            continue
        try:
            states, logits = hidden_states(folder, expected["ids"].long())
        except Exception as error:  # an older layout, or code that is not in transformers
            skipped.append(f"{folder.name}: {type(error).__name__}: {str(error)[:100]}")
            continue
        if (logits - expected["logits"]).abs().max() > 1e-4 * expected["logits"].abs().max():
            skipped.append(f"{folder.name}: loaded otherwise than it was saved")
            continue
        if states[-1].shape != states[0].shape:
            tensors[folder.name + ".last"] = states.pop().contiguous()
        tensors[folder.name] = torch.stack(states).contiguous()
    versions = {name: importlib.metadata.version(name) for name in ("torch", "transformers")}
    save_file(tensors, HERE / "hidden_states.safetensors", metadata=versions)
    print(len(tensors), "tensors; left out:", *skipped, sep="\n  ")


if __name__ == "__main__":
    main()
