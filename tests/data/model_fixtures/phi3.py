"""Phi-3, 3.5, 4-mini: fused matrices, windows, rotary factors by frequency, partly rotated heads."""
import json

import torch

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
             vocab_size=36, max_position_embeddings=64, original_max_position_embeddings=64, rms_norm_eps=1e-5,
             pad_token_id=0, eos_token_id=2)


def factors(count, low, high):
    return [low + (high - low) * i / (count - 1) for i in range(count)]


LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": factors(4, 1.0, 1.5),
        "long_factor": factors(4, 1.0, 8.0)}


def phi3(**options):
    return transformers_model("Phi3ForCausalLM", "Phi3Config", **(SMALL | options))


def older_keys(folder):
    """As Phi-3's first checkpoints have it: rope_scaling of type "su", everything else outside."""
    config = json.loads((folder / "config.json").read_text())
    rope = config.pop("rope_parameters")
    config |= {"rope_theta": rope["rope_theta"], "rope_scaling": {
        "type": "su", "short_factor": rope["short_factor"], "long_factor": rope["long_factor"]}}
    config.pop("architectures")
    (folder / "config.json").write_text(json.dumps(config, indent=2))


CASES = {
    "phi3_window": Case(phi3(num_key_value_heads=2, sliding_window=6), gguf=True),
    "phi3_grouped_tied_bf16": Case(phi3(tie_word_embeddings=True), dtype=torch.bfloat16),
    "phi3_short_of_long_older_keys": Case(phi3(rope_parameters=LONG, max_position_embeddings=128,
                                               original_max_position_embeddings=32), edit=older_keys, gguf=False),
    "phi3_short_of_long": Case(phi3(rope_parameters=LONG, max_position_embeddings=128,
                                    original_max_position_embeddings=32), gguf=True),
    "phi3_long_of_long": Case(phi3(rope_parameters=LONG, max_position_embeddings=128,
                                   original_max_position_embeddings=16), by_position=False),
    "phi3_partial": Case(phi3(num_attention_heads=1, rope_parameters={
        "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
        "short_factor": factors(6, 1.0, 1.5), "long_factor": factors(6, 1.0, 8.0)},
        max_position_embeddings=128, original_max_position_embeddings=32), gguf=True),
}
