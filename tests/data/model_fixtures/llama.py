"""Mistral's window and rotary scalings on a Llama (its other switches: make_llama_fixtures.py)."""
from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=32, max_position_embeddings=64, rms_norm_eps=1e-5)


def llama(**options):
    return transformers_model("LlamaForCausalLM", "LlamaConfig", **(SMALL | options))


def mistral(**options):
    return transformers_model("MistralForCausalLM", "MistralConfig", **(SMALL | options))


CASES = {
    "mistral_window": Case(mistral(sliding_window=7)),
    "mistral_full": Case(mistral(sliding_window=None, tie_word_embeddings=True), gguf=True),
}
