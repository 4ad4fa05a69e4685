"""RecurrentGemma: recurrences of other widths than the model, short convolutions, windows, soft caps."""
import json

import torch

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=1,
             vocab_size=32, attention_window_size=6, rms_norm_eps=1e-5, logits_soft_cap=3.0)


def recurrent_gemma(**options):
    return transformers_model("RecurrentGemmaForCausalLM", "RecurrentGemmaConfig", **(SMALL | options))


def older_keys(folder):
    config = json.loads((folder / "config.json").read_text())
    config["_block_types"] = config.pop("block_types")
    config |= {"partial_rotary_factor": 0.5, "rope_theta": config.pop("rope_parameters")["rope_theta"]}
    (folder / "config.json").write_text(json.dumps(config, indent=2))


CASES = {
    "recurrent_gemma_wide": Case(recurrent_gemma(lru_width=24, conv1d_width=3)),
    "recurrent_gemma_grouped_bf16": Case(recurrent_gemma(num_key_value_heads=2, attention_bias=True,
                                                         num_hidden_layers=3), dtype=torch.bfloat16),
    "recurrent_gemma_older_keys": Case(recurrent_gemma(block_types=["attention", "recurrent"]), edit=older_keys),
}
