"""Families whose code comes with their checkpoints and is not in transformers: MiniCPM 1 and 2, OpenELM, the first Qwen,
OpenLM (DCLM) and MobiLlama. Each is written down here from that code, as plainly as it goes; the source is named."""
import json
import math
import types

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from model_fixtures.common import Case


class RmsNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotated(x, positions, base, divide=1.0):
    """x [batch, heads, tokens, dim] by rotate_half, all numbers of a head."""
    half = x.shape[-1] // 2
    inverse = 1.0 / base ** (torch.arange(half, dtype=torch.float64) / half)
    angles = (positions[:, None].double() / divide * inverse).float()
    cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def attend(query, key, value):
    """[batch, heads, tokens, dim], the queries the last of the keys' positions."""
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
    tokens, length = scores.shape[-2:]
    hidden = torch.ones(tokens, length, dtype=torch.bool).triu(length - tokens + 1)
    mixed = scores.masked_fill(hidden, -torch.inf).softmax(-1) @ value
    return mixed.transpose(1, 2).flatten(2)


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


class Decoder(nn.Module):
    """Saves as its family's own code does: parameters by their names, and the configuration."""

    def __init__(self, config):
        super().__init__()
        self.json = config
        self.config = types.SimpleNamespace(vocab_size=config["vocab_size"])

    def save(self, folder, drop=()):
        tensors = {name: weights.detach().clone().contiguous() for name, weights in self.named_parameters()
                   if not any(part in name for part in drop)}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(self.json, indent=2) + "\n")


def linear(size_in, size_out, bias=False):
    return nn.Linear(size_in, size_out, bias=bias)


class LlamaLayer(nn.Module):
    def __init__(self, config, heads, kv_heads, mlp=None):
        super().__init__()
        hidden, dim = config["hidden_size"], config["hidden_size"] // heads
        ffn, eps = config["intermediate_size"], config["rms_norm_eps"]
        self.heads, self.kv_heads = heads, kv_heads
        self.self_attn = nn.ModuleDict({"q_proj": linear(hidden, heads * dim), "k_proj": linear(hidden, kv_heads * dim),
                                        "v_proj": linear(hidden, kv_heads * dim), "o_proj": linear(heads * dim, hidden)})
        self.mlp = mlp or nn.ModuleDict({"gate_proj": linear(hidden, ffn), "up_proj": linear(hidden, ffn),
                                         "down_proj": linear(ffn, hidden)})
        self.input_layernorm, self.post_attention_layernorm = RmsNorm(hidden, eps), RmsNorm(hidden, eps)

    def forward(self, x, rotate, scale):
        normed, own = self.input_layernorm(x), self.self_attn
        query = rotate(split(own["q_proj"](normed), self.heads))
        key = rotate(split(own["k_proj"](normed), self.kv_heads))
        x = x + own["o_proj"](attend(query, key, split(own["v_proj"](normed), self.kv_heads))) * scale
        normed = self.post_attention_layernorm(x)
        return x + self.mlp["down_proj"](F.silu(self.mlp["gate_proj"](normed)) * self.mlp["up_proj"](normed)) * scale


class MiniCpm(Decoder):
    """openbmb/MiniCPM, modeling_minicpm.py: Llama with scale_emb, scale_depth and dim_model_base."""

    def __init__(self, config):
        super().__init__(config)
        heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.model.layers = nn.ModuleList(LlamaLayer(config, heads, kv_heads)
                                          for _ in range(config["num_hidden_layers"]))
        self.model.norm = RmsNorm(config["hidden_size"], config["rms_norm_eps"])
        if not config["tie_word_embeddings"]:
            self.lm_head = linear(config["hidden_size"], config["vocab_size"])

    def forward(self, ids):
        config, tokens = self.json, ids.shape[1]
        scaling = config.get("rope_scaling") or {}
        base, divide = config["rope_theta"], 1.0
        if scaling.get("type") == "linear":
            divide = scaling["factor"]
        if scaling.get("type") == "dynamic" and tokens > config["max_position_embeddings"]:
            dim = config["hidden_size"] // config["num_attention_heads"]
            stretch = scaling["factor"] * tokens / config["max_position_embeddings"] - (scaling["factor"] - 1)
            base = base * stretch ** (dim / (dim - 2))
        positions = torch.arange(tokens)
        x = self.model.embed_tokens(ids) * config["scale_emb"]
        for layer in self.model.layers:
            x = layer(x, lambda heads: rotated(heads, positions, base, divide),
                      config["scale_depth"] / math.sqrt(config["num_hidden_layers"]))
        x = self.model.norm(x) / (config["hidden_size"] / config["dim_model_base"])
        return F.linear(x, self.lm_head.weight if hasattr(self, "lm_head") else self.model.embed_tokens.weight)


class MobiLlama(Decoder):
    """mbzuai-oryx/MobiLlama, model_utils/modeling_mobillama.py: one feed-forward block for all layers; as many key as
    query heads and a rotary base of 10000, whatever the configuration says."""

    def __init__(self, config):
        super().__init__(config)
        heads = config["num_attention_heads"]
        layers = [LlamaLayer(config, heads, heads)]
        for _ in range(1, config["num_hidden_layers"]):
            layers.append(LlamaLayer(config, heads, heads, mlp=layers[0].mlp))
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.model.layers = nn.ModuleList(layers)
        self.model.norm = RmsNorm(config["hidden_size"], config["rms_norm_eps"])
        self.lm_head = linear(config["hidden_size"], config["vocab_size"])

    def forward(self, ids):
        positions, x = torch.arange(ids.shape[1]), self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, lambda heads: rotated(heads, positions, 10000.0), 1.0)
        return self.lm_head(self.model.norm(x))

    def save_repeated(self, folder):
        """As a conversion that writes the block again for each layer."""
        self.save(folder)
        tensors = {name: weights.detach().clone() for name, weights in self.named_parameters(remove_duplicate=False)}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def make_divisible(value, divisor):
    result = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return result + divisor if result < 0.9 * value else result


class OpenElm(Decoder):
    """apple/corenet, general_gpt.py; the checkpoints' modeling_openelm.py."""

    def __init__(self, config):
        super().__init__(config)
        hidden, dim = config["model_dim"], config["head_dim"]
        layers = []
        for heads, kv_heads, multiplier in zip(config["num_query_heads"], config["num_kv_heads"],
                                               config["ffn_multipliers"]):
            ffn = make_divisible(multiplier * hidden, config["ffn_dim_divisor"])
            layer = nn.Module()
            layer.heads, layer.kv_heads = heads, kv_heads
            layer.attn = nn.ModuleDict({"qkv_proj": linear(hidden, (heads + 2 * kv_heads) * dim),
                                        "out_proj": linear(heads * dim, hidden)})
            if config["normalize_qk_projections"]:
                layer.attn["q_norm"], layer.attn["k_norm"] = RmsNorm(dim, 1e-6), RmsNorm(dim, 1e-6)
            layer.ffn = nn.ModuleDict({"proj_1": linear(hidden, 2 * ffn), "proj_2": linear(ffn, hidden)})
            layer.attn_norm, layer.ffn_norm = RmsNorm(hidden, 1e-6), RmsNorm(hidden, 1e-6)
            layers.append(layer)
        self.transformer = nn.Module()
        self.transformer.token_embeddings = nn.Embedding(config["vocab_size"], hidden)
        self.transformer.layers = nn.ModuleList(layers)
        self.transformer.norm = RmsNorm(hidden, 1e-6)
        if not config["share_input_output_layers"]:
            self.lm_head = linear(hidden, config["vocab_size"])

    def forward(self, ids):
        positions, x = torch.arange(ids.shape[1]), self.transformer.token_embeddings(ids)
        base = self.json["rope_freq_constant"]
        for layer in self.transformer.layers:
            qkv = split(layer.attn["qkv_proj"](layer.attn_norm(x)), layer.heads + 2 * layer.kv_heads)
            query, key, value = qkv.split([layer.heads, layer.kv_heads, layer.kv_heads], dim=1)
            if "q_norm" in layer.attn:
                query, key = layer.attn["q_norm"](query), layer.attn["k_norm"](key)
            mixed = attend(rotated(query, positions, base), rotated(key, positions, base), value)
            x = x + layer.attn["out_proj"](mixed)
            gate, up = layer.ffn["proj_1"](layer.ffn_norm(x)).chunk(2, -1)
            x = x + layer.ffn["proj_2"](F.silu(gate) * up)
        x = self.transformer.norm(x)
        return F.linear(x, self.lm_head.weight if hasattr(self, "lm_head")
                        else self.transformer.token_embeddings.weight)


class Qwen(Decoder):
    """QwenLM/Qwen, modeling_qwen.py: dynamic NTK by the prompt's length, log-n attention, w2 is the gate."""

    def __init__(self, config):
        super().__init__(config)
        hidden, heads, dim = config["hidden_size"], config["num_attention_heads"], config["kv_channels"]
        ffn, eps = config["intermediate_size"] // 2, config["layer_norm_epsilon"]
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(config["vocab_size"], hidden)
        self.transformer.h = nn.ModuleList()
        for _ in range(config["num_hidden_layers"]):
            block = nn.Module()
            block.ln_1, block.ln_2 = RmsNorm(hidden, eps), RmsNorm(hidden, eps)
            block.attn = nn.ModuleDict({"c_attn": linear(hidden, 3 * heads * dim, True),
                                        "c_proj": linear(heads * dim, hidden)})
            block.mlp = nn.ModuleDict({"w1": linear(hidden, ffn), "w2": linear(hidden, ffn),
                                       "c_proj": linear(ffn, hidden)})
            self.transformer.h.append(block)
        self.transformer.ln_f = RmsNorm(hidden, eps)
        self.lm_head = linear(hidden, config["vocab_size"])

    def forward(self, ids, past=None):
        """Logits and the past, which keeps the base of the prompt."""
        config, trained = self.json, self.json["seq_length"]
        start = past["length"] if past else 0
        if past is None:
            alpha = 1.0
            if config["use_dynamic_ntk"]:
                alpha = max(2 ** math.ceil(math.log(ids.shape[1] / trained, 2) + 1) - 1, 1)
            dim = config["kv_channels"]
            past = {"base": config["rotary_emb_base"] * alpha ** (dim / (dim - 2)), "keys": {}}
        past["length"] = start + ids.shape[1]
        positions = torch.arange(start, past["length"])
        log_n = torch.tensor([math.log(p + 1, trained) if p + 1 > trained else 1.0 for p in positions.tolist()])
        x = self.transformer.wte(ids)
        for index, block in enumerate(self.transformer.h):
            query, key, value = (split(part, config["num_attention_heads"])
                                 for part in block.attn["c_attn"](block.ln_1(x)).chunk(3, -1))
            query, key = rotated(query, positions, past["base"]), rotated(key, positions, past["base"])
            if index in past["keys"]:
                key, value = (torch.cat(pair, 2) for pair in zip(past["keys"][index], (key, value)))
            past["keys"][index] = key, value
            if config["use_logn_attn"] and key.shape[2] > trained:
                query = query * log_n[:, None]
            x = x + block.attn["c_proj"](attend(query, key, value))
            normed = block.ln_2(x)
            x = x + block.mlp["c_proj"](block.mlp["w1"](normed) * F.silu(block.mlp["w2"](normed)))
        return self.lm_head(self.transformer.ln_f(x)), past


class OpenLm(Decoder):
    """mlfoundations/open_lm, open_lm/model.py, norms.py and positional_embedding/rotary.py."""

    def __init__(self, config):
        super().__init__(config)
        dim = config["dim"]
        ffn = 256 * ((int(8 * dim / 3) + 255) // 256)
        self.model = nn.Module()
        self.model.tok_embeddings = nn.Embedding(config["vocab_size"], dim)
        if config.get("post_embed_norm"):
            self.model.post_embed_norm = self.norm()
        self.model.layers = nn.ModuleList()
        for _ in range(config["n_layers"]):
            layer = nn.Module()
            layer.attention = nn.ModuleDict({"in_proj": linear(dim, 3 * dim), "out_proj": linear(dim, dim)})
            if config["apply_qk_norm"]:
                layer.attention["q_norm"], layer.attention["k_norm"] = self.norm(), self.norm()
            layer.feed_forward = nn.ModuleDict({"w12": linear(dim, 2 * ffn), "w3": linear(ffn, dim)})
            layer.attention_norm, layer.ffn_norm = self.norm(), self.norm()
            self.model.layers.append(layer)
        self.model.norm = self.norm()
        if not config["weight_tying"]:
            self.model.output = linear(dim, config["vocab_size"])

    def norm(self):
        return nn.LayerNorm(self.json["dim"], eps=self.json["norm_eps"],
                            bias=self.json["norm_type"] == "default_layer_norm")

    def forward(self, ids):
        heads, positions = self.json["n_heads"], torch.arange(ids.shape[1])
        x = self.model.tok_embeddings(ids)
        if hasattr(self.model, "post_embed_norm"):
            x = self.model.post_embed_norm(x)
        for layer in self.model.layers:
            query, key, value = layer.attention["in_proj"](layer.attention_norm(x)).chunk(3, -1)
            if "q_norm" in layer.attention:
                query, key = layer.attention["q_norm"](query), layer.attention["k_norm"](key)
            query, key = (rotated(split(part, heads), positions, 10000.0) for part in (query, key))
            x = x + layer.attention["out_proj"](attend(query, key, split(value, heads)))
            gate, up = layer.feed_forward["w12"](layer.ffn_norm(x)).chunk(2, -1)
            x = x + layer.feed_forward["w3"](F.silu(gate) * up)
        output = self.model.tok_embeddings if self.json["weight_tying"] else self.model.output
        return F.linear(self.model.norm(x), output.weight)


def case(model_class, config, save=None, **options):
    return Case(make=lambda: model_class(config), forward=options.pop("forward", lambda model, ids: model(ids)),
                save=save or (lambda model, folder: model.save(folder)), **options)


def qwen_forward(model, ids, *past):
    logits, past_after = model(ids, *past)
    return (logits, past_after) if past else logits


MINICPM = dict(architectures=["MiniCPMForCausalLM"], model_type="minicpm", vocab_size=32, hidden_size=16,
               intermediate_size=24, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
               hidden_act="silu", max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0, scale_emb=12,
               dim_model_base=4, scale_depth=1.4, tie_word_embeddings=True, torch_dtype="float32")
MOBILLAMA = dict(architectures=["MobiLlamaForCausalLM"], model_type="mobillama", vocab_size=32, hidden_size=16,
                 intermediate_size=24, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                 hidden_act="silu", max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=5000.0,
                 tie_word_embeddings=False)
OPENELM = dict(architectures=["OpenELMForCausalLM"], model_type="openelm", vocab_size=32, model_dim=16, head_dim=4,
               num_transformer_layers=3, num_query_heads=[2, 4, 4], num_kv_heads=[1, 2, 2], num_gqa_groups=2,
               ffn_multipliers=[0.5, 1.75, 3.0], qkv_multipliers=[0.5, 1.0], ffn_with_glu=True, ffn_dim_divisor=4,
               activation_fn_name="swish", normalization_layer_name="rms_norm", normalize_qk_projections=True,
               share_input_output_layers=True, rope_freq_constant=10000, rope_max_length=128, max_context_length=64)
OPENELM_RULES = OPENELM | dict(num_query_heads=[2, 4, 4], num_kv_heads=[1, 2, 2])
QWEN = dict(architectures=["QWenLMHeadModel"], model_type="qwen", vocab_size=32, hidden_size=16, num_hidden_layers=2,
            num_attention_heads=2, kv_channels=8, intermediate_size=40, layer_norm_epsilon=1e-6, no_bias=True,
            rotary_pct=1.0, rotary_emb_base=10000, seq_length=64, max_position_embeddings=64, use_dynamic_ntk=True,
            use_logn_attn=True, scale_attn_weights=True, tie_word_embeddings=False)
OPENLM = dict(architectures=["OpenLMForCausalLM"], model_type="openlm", vocab_size=32, dim=6, n_layers=2, n_heads=3,
              norm_eps=1e-5, seq_len=64, post_embed_norm=False, weight_tying=False,
              norm_type="gain_only_lp_layer_norm", apply_qk_norm=True, positional_embedding_type="rotary",
              ffn_type="swiglu_torch")


def widths_by_rule(folder):
    """As a configuration that gives the first and last multiplier and no numbers of heads."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for key in ("num_query_heads", "num_kv_heads"):
        config.pop(key)
    config["ffn_multipliers"] = [0.5, 3.0]
    path.write_text(json.dumps(config, indent=2) + "\n")


CASES = {
    "minicpm_tied": case(MiniCpm, MINICPM, gguf=True),
    "minicpm_untied_linear": case(MiniCpm, MINICPM | dict(tie_word_embeddings=False, num_key_value_heads=4,
                                                          rope_scaling={"type": "linear", "factor": 4.0})),
    "minicpm_dynamic_within": case(MiniCpm, MINICPM | dict(rope_scaling={"type": "dynamic", "factor": 4.0})),
    "mobillama_once": case(MobiLlama, MOBILLAMA),
    "mobillama_repeated": case(MobiLlama, MOBILLAMA | dict(model_type="llama"),
                               save=lambda model, folder: model.save_repeated(folder)),
    "openelm_lists": case(OpenElm, OPENELM, gguf=True),
    "openelm_rules": case(OpenElm, OPENELM_RULES, edit=widths_by_rule),
    "openelm_untied_no_norms": case(OpenElm, OPENELM | dict(share_input_output_layers=False,
                                                            normalize_qk_projections=False)),
    "qwen_within": case(Qwen, QWEN, forward=qwen_forward, gguf=True),
    "qwen_beyond": case(Qwen, QWEN | dict(seq_length=10), forward=qwen_forward, by_position=False),
    "openlm_gains": case(OpenLm, OPENLM),
    "openlm_tied_biased_norms": case(OpenLm, OPENLM | dict(weight_tying=True, norm_type="default_layer_norm",
                                                          apply_qk_norm=False, post_embed_norm=True)),
}
