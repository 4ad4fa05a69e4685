"""Mistral's window and rotary scalings on a Llama (its other switches: make_llama_fixtures.py)."""
from safetensors.torch import load_file, save_file

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=32, max_position_embeddings=64, rms_norm_eps=1e-5)


def llama(**options):
    return transformers_model("LlamaForCausalLM", "LlamaConfig", **(SMALL | options))


def mistral(**options):
    return transformers_model("MistralForCausalLM", "MistralConfig", **(SMALL | options))


YARN = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 16,
        "beta_fast": 2.0, "beta_slow": 0.5}
LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 16, "factor": 4.0,
        "short_factor": [1.0, 1.2], "long_factor": [2.0, 5.0]}


def smollm3(**options):
    return transformers_model("SmolLM3ForCausalLM", "SmolLM3Config", **(SMALL | dict(
        num_hidden_layers=5, hidden_size=8, intermediate_size=12, pad_token_id=None) | options))


def without_head(folder):
    """Names as the model without its head saves them."""
    path = folder / "model.safetensors"
    tensors = {name.removeprefix("model."): tensor for name, tensor in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


CASES = {
    "llama_yarn": Case(llama(rope_parameters=YARN, num_attention_heads=2, num_key_value_heads=1), gguf=True),
    "llama_yarn_untruncated": Case(llama(rope_parameters=YARN | {"truncate": False, "attention_factor": 0.8},
                                         num_attention_heads=2, hidden_act="gelu")),
    "llama_longrope": Case(llama(rope_parameters=LONG), by_position=False),
    "llama_dynamic": Case(llama(rope_parameters={"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 3.0},
                                max_position_embeddings=16), by_position=False),
    "llama_biases": Case(llama(attention_bias=True, mlp_bias=True), gguf=True),
    "llama_base_names": Case(llama(tie_word_embeddings=True, head_dim=6), edit=without_head),
    "smollm3_typed_windows": Case(smollm3(num_hidden_layers=2, sliding_window=5, layer_types=[
        "sliding_attention", "full_attention"])),
    "smollm3_every_fourth": Case(smollm3(), gguf=True),
    "smollm3_listed_windows": Case(smollm3(no_rope_layers=[1, 0, 1, 1, 0], use_sliding_window=True, sliding_window=5,
                                           attention_bias=True, tie_word_embeddings=False)),
    "mistral_window": Case(mistral(sliding_window=7)),
    "mistral_full": Case(mistral(sliding_window=None, tie_word_embeddings=True), gguf=True),
}
