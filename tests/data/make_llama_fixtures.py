#!/usr/bin/env python3
"""Writes tests/data/llama/: tiny Llama checkpoints with random weights beside the logits transformers computes of them.

Needs torch, transformers, safetensors and gguf; the versions that wrote a fixture are in its metadata. The seed is
fixed: a second run with the same versions writes the same bytes.

  NAME/            config.json and weights as transformers saves them (`sharded` in several files)
  NAME/expected.safetensors      ids i32 [2, 24], logits f32 [2, 24, vocab]
  gguf/TYPE.gguf   one model written by gguf-py in F32, F16 and Q8_0, laid out as llama.cpp's converter does
  gguf/TYPE.expected.safetensors   logits of the weights as that type holds them

Norms and biases are drawn at random too, so that one in the place of another shows.

Usage: make_llama_fixtures.py [FOLDER]
"""
import importlib.metadata
import json
import math
import pathlib
import shutil
import sys

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from safetensors.torch import save_file

TOKENS = 24
SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=32, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=False,
             rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, bos_token_id=1, eos_token_id=2)
# Turns over 64 positions of the four frequencies of heads of 8: 10, 1.02, 0.1, 0.01; so each band occurs.
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}
VARIANTS = {
    "multi_head_linear": dict(num_key_value_heads=4,
                              rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}),
    "grouped_tied_bf16": dict(tie_word_embeddings=True),
    "multi_query_wide_sharded": dict(num_key_value_heads=1, head_dim=8),
    "biases": dict(attention_bias=True, mlp_bias=True),
    "rope_llama3": dict(rope_parameters=LLAMA3, head_dim=8, max_position_embeddings=512),
}
GGUF = dict(hidden_size=32, intermediate_size=32, head_dim=8, rope_parameters=LLAMA3,
            max_position_embeddings=512)


def make_model(options, generator):
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**(SMALL | options))).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            mean = 1.0 if "norm" in name else 0.0
            weights.copy_(mean + 0.3 * torch.randn(weights.shape, generator=generator))
    return model


def save_expected(model, path, generator):
    ids = torch.randint(model.config.vocab_size, (2, TOKENS), generator=generator)
    with torch.no_grad():
        logits = model(ids).logits
    save_file({"ids": ids.int(), "logits": logits}, path, metadata={
        name: importlib.metadata.version(name) for name in ("torch", "transformers", "gguf")})


def write_folder(folder, name, options, generator):
    model = make_model(options, generator)
    kind = torch.bfloat16 if name.endswith("bf16") else torch.float32
    model.to(kind).save_pretrained(folder, max_shard_size="10KB" if name.endswith("sharded") else "1GB")
    # Read back, so that rotary frequencies, which to() rounds as well, are those of f32.
    model = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_expected(model, folder / "expected.safetensors", generator)


def interleaved(weights, heads):
    """The two halves of each head, one row of each in turn: llama.cpp's order."""
    rows = weights.shape[0]
    return weights.reshape(heads, 2, rows // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def rope_factors(head_dim, scaling):
    factors = []
    for i in range(head_dim // 2):
        frequency = scaling["rope_theta"] ** (-2 * i / head_dim)
        turns = scaling["original_max_position_embeddings"] * frequency / (2 * math.pi)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        keep = min(1.0, max(0.0, (turns - low) / (high - low)))
        factors.append(1 / ((1 - keep) / scaling["factor"] + keep))
    return np.array(factors, dtype=np.float32)


def gguf_tensors(model):
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    parts = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
             "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    for layer in range(model.config.num_hidden_layers):
        names |= {f"model.layers.{layer}.{theirs}": f"blk.{layer}.{ours}" for theirs, ours in parts.items()}
    for name, weights in model.named_parameters():
        yield names[name.removesuffix(".weight")] + ".weight", weights, name


def write_gguf(folder, kind, options, seed):
    generator = torch.Generator().manual_seed(seed)  # the same model for each type
    model = make_model(options, generator)
    config = model.config
    writer = gguf.GGUFWriter(folder / f"{kind.name}.gguf", "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tensor("rope_freqs.weight", rope_factors(config.head_dim, config.rope_parameters))
    for name, weights, theirs in gguf_tensors(model):
        stored_kind = Type.F32 if weights.ndim == 1 else kind
        numbers = weights.detach().numpy()
        stored = gguf.quants.quantize(numbers, stored_kind)
        held = gguf.quants.dequantize(stored, stored_kind).reshape(numbers.shape)
        with torch.no_grad():
            weights.copy_(torch.from_numpy(held))
        if "q_proj" in theirs or "k_proj" in theirs:
            heads = config.num_attention_heads if "q_proj" in theirs else config.num_key_value_heads
            stored = gguf.quants.quantize(interleaved(numbers, heads), stored_kind)
        writer.add_tensor(name, stored, raw_dtype=stored_kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_expected(model, folder / f"{kind.name}.expected.safetensors", generator)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "llama")
    shutil.rmtree(root, ignore_errors=True)
    generator = torch.Generator().manual_seed(20261124)
    for name, options in VARIANTS.items():
        (root / name).mkdir(parents=True)
        write_folder(root / name, name, options, generator)
    (root / "gguf").mkdir()
    for kind in (Type.F32, Type.F16, Type.Q8_0):
        write_gguf(root / "gguf", kind, GGUF, 20261125)
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    print(json.dumps({str(p.relative_to(root)): p.stat().st_size for p in sorted(root.rglob("*")) if p.is_file()},
                     indent=1))


if __name__ == "__main__":
    main()
