"""Parameter counts of families whose code is not in transformers, written from the code they were published with.

Each function takes a config.json as a dictionary and says where the code was read. Tied matrices count once, buffers not
at all.
"""


def openelm(c):
    """apple/corenet, corenet/modeling/models/language_modeling/general_gpt.py and corenet/utils/math_utils.py."""
    def make_divisible(value, divisor):
        rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
        return rounded + divisor if rounded < 0.9 * value else rounded

    width, head = c["model_dim"], c["head_dim"]
    total = c["vocab_size"] * width * (1 if c["share_input_output_layers"] else 2) + width
    for queries, keys, multiplier in zip(c["num_query_heads"], c["num_kv_heads"], c["ffn_multipliers"], strict=True):
        ffn = make_divisible(multiplier * width, c["ffn_dim_divisor"])
        total += width * (queries + 2 * keys) * head + queries * head * width
        total += 2 * head if c["normalize_qk_projections"] else 0
        total += (3 if c["ffn_with_glu"] else 2) * width * ffn + 2 * width
    return total


def qwen(c):
    """modeling_qwen.py of the Qwen 1 checkpoints: the fused projection keeps its bias whatever no_bias says."""
    width, inner, branch = c["hidden_size"], c["kv_channels"] * c["num_attention_heads"], c["intermediate_size"] // 2
    layer = 3 * inner * width + 3 * inner + width * inner + 3 * width * branch + 2 * width
    if not c["no_bias"]:
        layer += width + 2 * branch + width
    return 2 * c["vocab_size"] * width + c["num_hidden_layers"] * layer + width


def llama_layer(c, keys, with_ffn):
    """modeling_minicpm.py and mbzuai-oryx/MobiLlama model_utils/modeling_mobillama.py: attention and norms of Llama."""
    width, head = c["hidden_size"], c["hidden_size"] // c["num_attention_heads"]
    layer = 2 * width * c["num_attention_heads"] * head + 2 * width * keys * head + 2 * width
    return layer + (3 * width * c["intermediate_size"] if with_ffn else 0)


def minicpm(c):
    embeddings = (1 if c["tie_word_embeddings"] else 2) * c["vocab_size"] * c["hidden_size"]
    return embeddings + c["num_hidden_layers"] * llama_layer(c, c["num_key_value_heads"], True) + c["hidden_size"]


def mobillama(c):
    """One FFN for all layers; keys and values as wide as queries, whatever num_key_value_heads says."""
    embeddings = (1 if c["tie_word_embeddings"] else 2) * c["vocab_size"] * c["hidden_size"]
    shared = 3 * c["hidden_size"] * c["intermediate_size"]
    return embeddings + shared + c["num_hidden_layers"] * llama_layer(c, c["num_attention_heads"], False) + c["hidden_size"]


def openlm(c):
    """mlfoundations/open_lm, open_lm/model.py and open_lm/norms.py; ffn_type swiglu or swiglu_torch."""
    width = c["dim"]
    norm = {"gain_only_lp_layer_norm": width, "gain_only_layer_norm": width, "rms_norm": width, "no_wb_layer_norm": 0,
            "default_layer_norm": 2 * width, "lp_layer_norm": 2 * width}[c["norm_type"]]
    if c["ffn_type"] not in ("swiglu", "swiglu_torch"):
        raise ValueError(f"ffn_type {c['ffn_type']}")
    ffn = 256 * ((int(2 * 4 * width / 3) + 255) // 256)
    layer = 4 * width * width + 3 * width * ffn + (4 if c["apply_qk_norm"] else 2) * norm
    total = (1 if c["weight_tying"] else 2) * c["vocab_size"] * width + c["n_layers"] * layer + norm
    return total + (norm if c["post_embed_norm"] else 0)


def tandem_encoder_decoder(c):
    """"Return of the Encoder", modeling_mu.py: biases everywhere but in the tied output; RMSNorm before each part."""
    width, inner, ffn = c["n_embd"], c["qkv_embd"], c["hidden_dim"]
    keys = inner // c["n_head"] * c["n_kv_head"]
    attention = width * inner + inner + 2 * (width * keys + keys) + inner * width + width
    mlp = width * ffn + ffn + ffn * width + width
    encoder = attention + mlp + 2 * width
    decoder = 2 * attention + mlp + 3 * width
    return c["vocab_size"] * width + c["n_encoder_layer"] * encoder + c["n_decoder_layer"] * decoder + 2 * width


FORMULAS = {
    "openelm": openelm,
    "qwen": qwen,
    "minicpm": minicpm,
    "mobillama": mobillama,
    "openlm": openlm,
    "tandem_encoder_decoder": tandem_encoder_decoder,
}
