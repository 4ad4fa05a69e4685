#!/usr/bin/env python3
"""Writes tests/data/adapters/: LoRA adapters over checkpoints of tests/data/models, and what PEFT computes with them.

  CASE/adapter_config.json, adapter_model.safetensors   as PEFT saves them
  CASE/expected.safetensors                             ids and logits; its metadata names the base and the versions

Needs torch, transformers, peft and safetensors.

Usage: make_adapter_fixtures.py [CASE ...]       without cases: all of them
"""
import importlib.metadata
import os
import pathlib
import shutil
import sys
import zlib

import peft
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
OUT = HERE / "adapters"
VERSIONS = {name: importlib.metadata.version(name) for name in ("peft", "torch", "transformers")}
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def case(base, **options):
    return base, options


CASES = {
    "llama_attention": case("mistral_window", r=3, lora_alpha=7, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
    "llama_all_linear": case("mistral_window", r=2, target_modules="all-linear", use_rslora=True),
    "llama_patterns": case("mistral_window", r=2, lora_alpha=4, target_modules=r"model\.layers\.\d+\.(mlp|self_attn)\..*_proj",
                           rank_pattern={"q_proj": 4, r"layers\.1\.mlp\.down_proj": 3},
                           alpha_pattern={r"^model\.layers\.0\.self_attn\.q_proj": 9, "up_proj": 1}),
    "llama_embedding": case("mistral_window", r=2, lora_alpha=5, target_modules=["embed_tokens", "lm_head", "gate_proj"]),
    "llama_saved_modules": case("mistral_window", r=2, target_modules=["down_proj"], modules_to_save=["lm_head", "norm"]),
    "llama_biases": case("llama_biases", r=2, target_modules=["q_proj", "up_proj"], bias="all"),
    "llama_dora": case("mistral_window", r=3, target_modules=["q_proj", "down_proj"], use_dora=True),
    "llama_tied": case("mistral_full", r=2, target_modules=["v_proj", "up_proj"]),
    "llama_rotated": case("mistral_full", r=2, target_modules=["q_proj", "k_proj", "o_proj"]),
    "gpt2": case("gpt2_published", r=3, lora_alpha=6, target_modules=["c_attn", "c_fc", "c_proj"], fan_in_fan_out=True),
    "gpt2_biases": case("gpt2_published", r=2, target_modules=["c_attn"], bias="lora_only", fan_in_fan_out=True),
    "gpt2_dora": case("gpt2_published", r=2, target_modules=["c_attn", "c_proj"], use_dora=True, fan_in_fan_out=True),
    "qwen2": case("qwen2_grouped", r=2, lora_alpha=3, target_modules=["q_proj", "v_proj", "gate_proj"]),
    "bloom_fused": case("bloom_published", r=2, target_modules=["query_key_value", "dense_h_to_4h"]),
    "neox_fused": case("neox_parallel", r=2, target_modules=["query_key_value", "dense"]),
    "phi3_fused": case("phi3_window", r=2, target_modules=["qkv_proj", "gate_up_proj"]),
}


def write_case(name):
    base, options = CASES[name]
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_pretrained(HERE / "models" / base, dtype=torch.float32)
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **options)).eval()
    with torch.no_grad():
        for key, weights in model.named_parameters():
            trained = "lora_" in key or "modules_to_save" in key
            if trained and "magnitude" not in key:
                weights.copy_(0.3 * torch.randn(weights.shape, generator=generator))
            elif "magnitude" in key:
                weights.mul_(1 + 0.3 * torch.rand(weights.shape, generator=generator))
            elif weights.requires_grad:  # biases
                weights.add_(0.3 * torch.randn(weights.shape, generator=generator))
    ids = torch.randint(model.config.vocab_size, (2, 12), generator=generator)
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits
    model.save_pretrained(folder)
    # As somebody else would read it: what is compared with is what was saved.
    again = transformers.AutoModelForCausalLM.from_pretrained(HERE / "models" / base, dtype=torch.float32)
    again = peft.PeftModel.from_pretrained(again, folder).eval()
    with torch.no_grad():
        logits_again = again(ids, use_cache=False).logits
        merged = again.merge_and_unload()(ids, use_cache=False).logits
    print(name, "read back", (logits - logits_again).abs().max().item(), "merged", (logits - merged).abs().max().item())
    save_file({"ids": ids.int(), "logits": logits_again.float().contiguous()}, folder / "expected.safetensors",
              metadata=VERSIONS | {"base": base})
    (folder / "README.md").unlink(missing_ok=True)
    text = (folder / "adapter_config.json").read_text()
    (folder / "adapter_config.json").write_text(text.replace(str(HERE / "models" / base), base) + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)


def main():
    for name in sys.argv[1:] or CASES:
        write_case(name)
    print(sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file()), "bytes")


if __name__ == "__main__":
    main()
