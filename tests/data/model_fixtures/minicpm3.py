"""MiniCPM 3: latent attention with and without a rank of queries, biases, scales, long rotary factors."""
from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=12, intermediate_size=16, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3,
             vocab_size=33, max_position_embeddings=64, q_lora_rank=10, kv_lora_rank=12, qk_nope_head_dim=6,
             qk_rope_head_dim=4, dim_model_base=8, scale_emb=3, scale_depth=1.1)
LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "factor": 2.0, "short_factor": [1.0, 1.3],
        "long_factor": [1.5, 6.0], "original_max_position_embeddings": 32}


def minicpm3(**options):
    return transformers_model("MiniCPM3ForCausalLM", "MiniCPM3Config", **(SMALL | options))


CASES = {
    "minicpm3_plain": Case(minicpm3(v_head_dim=5)),
    # llama.cpp knows the scales of the 4B model alone.
    "minicpm3_published_scales": Case(minicpm3(scale_emb=12, scale_depth=1.4, dim_model_base=256), gguf=True),
    "minicpm3_dense_queries_biased": Case(minicpm3(q_lora_rank=None, attention_bias=True, mlp_bias=True,
                                                   tie_word_embeddings=False, scale_depth=None, dim_model_base=None)),
    "minicpm3_longrope": Case(minicpm3(rope_parameters=LONG)),
    "minicpm3_yarn_mscale": Case(minicpm3(qk_rope_head_dim=8, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 16,
        "beta_fast": 2.0, "beta_slow": 0.5, "mscale": 0.7, "mscale_all_dim": 0.9})),
}
