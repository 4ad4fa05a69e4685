"""Qwen 1.5 to 3: biases, normalised heads, windows, ties, rotary scalings."""
import json

import torch

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=32, max_position_embeddings=64, rms_norm_eps=1e-5)
YARN = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 16,
        "beta_fast": 2.0, "beta_slow": 0.5}


def qwen2(**options):
    return transformers_model("Qwen2ForCausalLM", "Qwen2Config", **(SMALL | options))


def qwen3(**options):
    return transformers_model("Qwen3ForCausalLM", "Qwen3Config", **(SMALL | options))


def say_tied(folder):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["tie_word_embeddings"] = True
    path.write_text(json.dumps(config, indent=2) + "\n")


CASES = {
    "qwen2_grouped": Case(qwen2(), gguf=True),
    "qwen2_tied_multi_head": Case(qwen2(num_key_value_heads=4, tie_word_embeddings=True,
                                        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}), gguf=True),
    # The configuration ties, the file has another output: transformers 5 takes the file's.
    "qwen2_tied_unequal": Case(qwen2(tie_word_embeddings=False), edit=say_tied),
    "qwen2_windows_from_layer_1": Case(qwen2(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen2_layer_types_bf16": Case(qwen2(use_sliding_window=True, sliding_window=6, layer_types=[
        "sliding_attention", "full_attention"]), dtype=torch.bfloat16),
    "qwen2_yarn": Case(qwen2(rope_parameters=YARN, num_attention_heads=2, num_key_value_heads=1)),
    "qwen3_wide_heads": Case(qwen3(head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
                             gguf=True),
    "qwen3_biases_tied": Case(qwen3(head_dim=4, attention_bias=True, tie_word_embeddings=True)),
}
