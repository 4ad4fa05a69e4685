"""GPT-2, GPT-NeoX, OPT, BLOOM, Phi, StableLM, OLMo 1 and 2, Nemotron: each of their switches in at least one case."""
import json

import torch
from safetensors.torch import load_file, save_file

from model_fixtures.common import Case, transformers_model


def rewrite(folder, change_config=None, rename=None, more=None):
    """Edits a saved folder: config.json as a dictionary, names of tensors, and more tensors beside them."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if change_config:
        change_config(config)
        path.write_text(json.dumps(config, indent=1))
    tensors = load_file(folder / "model.safetensors")
    renamed = {(rename(name) if rename else name): tensor for name, tensor in tensors.items()}
    save_file(renamed | (more(config) if more else {}), folder / "model.safetensors", metadata={"format": "pt"})


# GPT-2

GPT2 = dict(vocab_size=24, n_positions=28, n_ctx=28, n_embd=12, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0)


def gpt2(**options):
    return transformers_model("GPT2LMHeadModel", "GPT2Config", **(GPT2 | options))


def as_published_gpt2(folder):
    """Without the beginning "transformer." and with the mask that old versions saved; an old configuration."""
    def masks(config):
        n = config["n_positions"]
        mask = torch.ones(n, n).tril().view(1, 1, n, n)
        return {f"h.{i}.attn.bias": mask.clone() for i in range(config["n_layer"])}

    def old(config):
        for key in ("dtype", "tie_word_embeddings", "n_inner", "add_cross_attention"):
            config.pop(key, None)

    rewrite(folder, old, lambda name: name.removeprefix("transformer."), masks)


# GPT-NeoX

NEOX = dict(vocab_size=24, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
            max_position_embeddings=32, bos_token_id=0, eos_token_id=0)


def neox(**options):
    return transformers_model("GPTNeoXForCausalLM", "GPTNeoXConfig", **(NEOX | options))


def as_published_neox(folder):
    """Older keys of the configuration, buffers beside the weights; read by llama.cpp's converter, too."""
    def old(config):
        rope = config.pop("rope_parameters")
        config |= {"rotary_pct": rope["partial_rotary_factor"], "rotary_emb_base": rope["rope_theta"]}

    def buffers(config):
        n = config["max_position_embeddings"]
        made = {}
        for layer in range(config["num_hidden_layers"]):
            name = f"gpt_neox.layers.{layer}.attention."
            made[name + "bias"] = torch.ones(1, 1, n, n, dtype=torch.bool).tril()
            made[name + "masked_bias"] = torch.tensor(-1e9)
            made[name + "rotary_emb.inv_freq"] = torch.rand(4)
        return made

    rewrite(folder, old, None, buffers)


def old_neox_keys(folder):
    def old(config):
        rope = config.pop("rope_parameters")
        config |= {"rotary_pct": rope["partial_rotary_factor"], "rotary_emb_base": rope["rope_theta"]}

    rewrite(folder, old)


# OPT

OPT = dict(vocab_size=24, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, ffn_dim=20,
           max_position_embeddings=28, pad_token_id=1, bos_token_id=2, eos_token_id=2)


def opt(**options):
    return transformers_model("OPTForCausalLM", "OPTConfig", **(OPT | options))


# BLOOM

BLOOM = dict(vocab_size=24, hidden_size=12, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2, seq_length=64)


def bloom(**options):
    return transformers_model("BloomForCausalLM", "BloomConfig", **(BLOOM | options))


def as_published_bloom(folder):
    def old(config):
        config["n_embed"] = config.pop("hidden_size")
        config["num_attention_heads"] = config.pop("n_head")
        config |= {"attention_softmax_in_fp32": True, "masked_softmax_fusion": True, "offset_alibi": 100}

    rewrite(folder, old, lambda name: name.removeprefix("transformer."))


# Phi

PHI = dict(vocab_size=24, hidden_size=8, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
           max_position_embeddings=64, bos_token_id=0, eos_token_id=0)


def phi(**options):
    return transformers_model("PhiForCausalLM", "PhiConfig", **(PHI | options))


def as_phi_remote(folder, names, extra):
    """The layout of the code that microsoft's first checkpoints brought along."""
    config = json.loads((folder / "config.json").read_text())
    layers = config["num_hidden_layers"]
    tensors = load_file(folder / "model.safetensors")
    out = {}
    for name, tensor in tensors.items():
        if any(part in name for part in (".q_proj.", ".k_proj.", ".v_proj.")):
            continue
        out[names(name, layers)] = tensor.contiguous()
    for layer in range(layers):
        for kind in ("weight", "bias"):
            parts = [tensors[f"model.layers.{layer}.self_attn.{which}_proj.{kind}"] for which in "qkv"]
            out[names(f"model.layers.{layer}.self_attn.Wqkv.{kind}", layers)] = torch.cat(parts)
    save_file(out, folder / "model.safetensors", metadata={"format": "pt"})
    head_dim = config["hidden_size"] // config["num_attention_heads"]
    old = {"n_embd": config["hidden_size"], "n_head": config["num_attention_heads"], "n_layer": layers,
           "n_inner": None, "n_positions": config["max_position_embeddings"], "vocab_size": config["vocab_size"],
           "rotary_dim": int(head_dim * config["rope_parameters"]["partial_rotary_factor"]),
           "activation_function": config["hidden_act"], "layer_norm_epsilon": config["layer_norm_eps"],
           "tie_word_embeddings": False, "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(old | extra, indent=1))


def phi_msft(folder):
    def names(name, layers):
        for usual, msft in (("model.embed_tokens.", "transformer.embd.wte."), ("model.final_layernorm.", "lm_head.ln."),
                            ("lm_head.", "lm_head.linear."), ("model.layers.", "transformer.h."),
                            ("self_attn.Wqkv", "mixer.Wqkv"), ("self_attn.dense", "mixer.out_proj"),
                            ("input_layernorm", "ln")):
            if not (usual == "lm_head." and name.startswith("lm_head.ln.")):
                name = name.replace(usual, msft)
        return name

    as_phi_remote(folder, names, {"model_type": "phi-msft", "n_head_kv": None})


def mixformer(folder):
    def names(name, layers):
        head, _, rest = name.removeprefix("model.layers.").partition(".")
        if head.isdigit():
            rest = rest.replace("self_attn.Wqkv", "mixer.Wqkv").replace("self_attn.dense", "mixer.out_proj")
            return f"layers.{int(head) + 1}." + rest.replace("input_layernorm", "ln")
        name = name.replace("model.embed_tokens.", "layers.0.wte.")
        name = name.replace("model.final_layernorm.", f"layers.{layers + 1}.ln.")
        return name.replace("lm_head.", f"layers.{layers + 1}.linear.")

    architecture = {"block_cls": "parallel", "mixer": {}, "mlp": {"mlp_cls": "mlp"}}
    as_phi_remote(folder, names, {"model_type": "mixformer-sequential", "architecture": architecture})


# StableLM

STABLELM = dict(vocab_size=24, hidden_size=16, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2,
                num_key_value_heads=2, max_position_embeddings=64, bos_token_id=0, eos_token_id=0)


def stablelm(**options):
    return transformers_model("StableLmForCausalLM", "StableLmConfig", **(STABLELM | options))


def mend_stablelm(converter):
    """llama.cpp's converter (0.3.36) means to stack the norms of heads and loses them: a return in a generator."""
    usual, seen = converter.modify_tensors, {}

    def modify(data, name, layer):
        start, found, rest = name.partition(".norms.")
        if not found:
            yield from usual(data, name, layer)
            return
        head = int(rest.removesuffix(".weight"))
        norms = seen.setdefault(start, {})
        norms[head] = data
        key = "num_attention_heads" if "q_layernorm" in start else "num_key_value_heads"
        if len(norms) == converter.hparams[key]:
            yield from usual(torch.stack([norms[i] for i in range(len(norms))]), start + ".weight", layer)

    converter.modify_tensors = modify


def as_stablelm_epoch(folder):
    def old(config):
        rope = config.pop("rope_parameters")
        config.pop("partial_rotary_factor", None)
        config |= {"model_type": "stablelm_epoch", "rope_pct": rope["partial_rotary_factor"],
                   "rope_theta": rope["rope_theta"], "norm_eps": config.pop("layer_norm_eps")}
        for key in ("qk_layernorm", "use_parallel_residual"):
            config.pop(key)

    rewrite(folder, old)


# OLMo and OLMo 2

OLMO = dict(vocab_size=24, hidden_size=16, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=4, max_position_embeddings=64, pad_token_id=1, eos_token_id=0)


def olmo(**options):
    return transformers_model("OlmoForCausalLM", "OlmoConfig", **(OLMO | options))


def olmo2(**options):
    return transformers_model("Olmo2ForCausalLM", "Olmo2Config", **(OLMO | options))


# Nemotron

NEMOTRON = dict(vocab_size=24, hidden_size=16, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
                num_key_value_heads=2, max_position_embeddings=64, bos_token_id=0, eos_token_id=0)


def nemotron(**options):
    return transformers_model("NemotronForCausalLM", "NemotronConfig", **(NEMOTRON | options))


def old_rope_keys(folder):
    """rope_theta and partial_rotary_factor at the top, as configurations before transformers 5 have them."""
    def old(config):
        rope = config.pop("rope_parameters")
        config |= {"rope_theta": rope["rope_theta"], "partial_rotary_factor": rope["partial_rotary_factor"]}

    rewrite(folder, old)


def rope(theta=10000.0, **more):
    return {"rope_type": "default", "rope_theta": theta} | more


CASES = {
    "gpt2_tied": Case(gpt2(), gguf=True),
    "gpt2_untied_inner": Case(gpt2(tie_word_embeddings=False, n_inner=40, layer_norm_epsilon=1e-3)),
    "gpt2_cerebras": Case(gpt2(activation_function="gelu", n_inner=40)),
    "gpt2_scalings": Case(gpt2(scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False,
                               reorder_and_upcast_attn=True, activation_function="relu")),
    "gpt2_published": Case(gpt2(), edit=as_published_gpt2),
    "gpt2_sharded_f16": Case(gpt2(), dtype=torch.float16, shard="4KB"),
    "neox_parallel": Case(neox(hidden_size=16, rope_parameters=None), edit=old_neox_keys, gguf=True),
    "neox_serial": Case(neox(use_parallel_residual=False), edit=old_neox_keys, gguf=True),
    "neox_no_bias": Case(neox(attention_bias=False, hidden_act="gelu_fast", tie_word_embeddings=True,
                              rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0,
                                               "partial_rotary_factor": 1.0})),
    "neox_published": Case(neox(), edit=as_published_neox, dtype=torch.bfloat16),
    "opt_plain": Case(opt()),
    "opt_350m": Case(opt(do_layer_norm_before=False, word_embed_proj_dim=8)),
    "opt_galactica": Case(opt(activation_function="gelu", enable_bias=False, layer_norm_elementwise_affine=False)),
    "opt_untied_no_final_norm": Case(opt(tie_word_embeddings=False, _remove_final_layer_norm=True,
                                         word_embed_proj_dim=16)),
    "opt_base_names": Case(opt(), edit=lambda folder: rewrite(
        folder, None, lambda name: name.removeprefix("model."))),
    "bloom_power_of_two": Case(bloom()),
    "bloom_six_heads": Case(bloom(n_head=6), gguf=True),
    "bloom_post_residual": Case(bloom(apply_residual_connection_post_layernorm=True, n_head=3, slow_but_exact=True,
                                      tie_word_embeddings=False)),
    "bloom_published": Case(bloom(n_head=12), edit=as_published_bloom, dtype=torch.float16),
    "phi_plain": Case(phi(), gguf=True),
    "phi_qk_norm": Case(phi(qk_layernorm=True, hidden_size=16, num_attention_heads=4, num_key_value_heads=2,
                            intermediate_size=12,
                            rope_parameters=rope(1000.0, partial_rotary_factor=1.0))),
    "phi_fused_gguf": Case(phi(), gguf=lambda converter: setattr(converter, "fuse_qkv", True)),
    "phi_tied": Case(phi(tie_word_embeddings=True, hidden_act="gelu"), edit=old_rope_keys),
    "phi_msft": Case(phi(vocab_size=64), edit=phi_msft),
    "phi_mixformer": Case(phi(vocab_size=64), edit=mixformer),
    "stablelm_serial": Case(stablelm(), gguf=True),
    "stablelm_bias": Case(stablelm(use_qkv_bias=True, num_key_value_heads=1,
                                   rope_parameters=rope(partial_rotary_factor=0.5)), gguf=True),
    "stablelm_parallel": Case(stablelm(use_parallel_residual=True, qk_layernorm=True, num_attention_heads=4,
                                       num_key_value_heads=2, rope_parameters=rope(partial_rotary_factor=0.5)),
                              gguf=mend_stablelm),
    "stablelm_tied": Case(stablelm(tie_word_embeddings=True, qk_layernorm=True), edit=old_rope_keys),
    "stablelm_epoch": Case(stablelm(layer_norm_eps=1e-3), edit=as_stablelm_epoch),
    "olmo_clipped": Case(olmo(clip_qkv=0.5, num_key_value_heads=2), gguf=True),
    "olmo_tied": Case(olmo(tie_word_embeddings=True, rope_parameters=rope(500.0)), gguf=True),
    "olmo_bias": Case(olmo(attention_bias=True)),
    "olmo2_plain": Case(olmo2(rope_parameters=rope(500.0)), gguf=True),
    "olmo2_grouped": Case(olmo2(num_key_value_heads=2, attention_bias=True, tie_word_embeddings=True,
                                rms_norm_eps=1e-3)),
    "nemotron_tied": Case(nemotron(tie_word_embeddings=True)),
    "nemotron_plain": Case(nemotron(), gguf=True),
    "nemotron_biases": Case(nemotron(attention_bias=True, mlp_bias=True, head_dim=8, num_key_value_heads=1,
                                     hidden_act="silu", tie_word_embeddings=True,
                                     rope_parameters=rope(1000.0, partial_rotary_factor=1.0))),
    "nemotron_old_keys": Case(nemotron(), edit=old_rope_keys, dtype=torch.bfloat16),
}
