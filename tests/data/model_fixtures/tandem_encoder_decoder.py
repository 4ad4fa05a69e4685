"""The encoder-decoder of "Return of the Encoder" (arXiv 2501.16273), whose code is not in transformers: a reference of
our own, written from the paper's description of it and kept apart from the engine's. Sources are computed one by one
without their padding, which is what padding must not change."""
import json
import math
import types

import torch
from safetensors.torch import save_file
from torch import nn

from model_fixtures.common import Case


class Norm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * self.weight


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.size = c.qkv_embd // c.n_head
        self.q_linear = nn.Linear(c.n_embd, c.n_head * self.size)
        self.k_linear = nn.Linear(c.n_embd, c.n_kv_head * self.size)
        self.v_linear = nn.Linear(c.n_embd, c.n_kv_head * self.size)
        self.out_linear = nn.Linear(c.qkv_embd, c.n_embd)

    def turned(self, x, positions):
        """Each pair (i, i + size / 2) as a complex number, turned by its angle."""
        length, trained, theta = len(positions), self.c.block_size, self.c.rope_theta
        if self.c.rope_factor > 1:
            stretch = self.c.rope_factor * max(length, trained) / trained - (self.c.rope_factor - 1)
            theta = theta * stretch ** (self.size / (self.size - 2))
        half = self.size // 2
        angles = positions[:, None] * theta ** (-torch.arange(half, dtype=torch.float64) / half)
        pairs = torch.complex(x[..., :half].double(), x[..., half:].double())
        pairs = pairs * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([pairs.real, pairs.imag], -1).float()

    def forward(self, x, seen, positions=None, visible=None):
        """x [T, n_embd], seen [S, n_embd]; positions [T] in self-attention; visible [T, S]."""
        q = self.q_linear(x).view(len(x), self.c.n_head, self.size).transpose(0, 1)
        k = self.k_linear(seen).view(len(seen), self.c.n_kv_head, self.size).transpose(0, 1)
        v = self.v_linear(seen).view(len(seen), self.c.n_kv_head, self.size).transpose(0, 1)
        if positions is not None:
            q, k = self.turned(q, positions), self.turned(k, positions)
        group = self.c.n_head // self.c.n_kv_head
        mixed = []
        for head in range(self.c.n_head):
            kv = head // group if self.c.is_interleaved else head % self.c.n_kv_head
            scores = q[head] @ k[kv].T / math.sqrt(self.size)
            if visible is not None:
                scores = scores.masked_fill(~visible, -math.inf)
            mixed.append(scores.softmax(-1) @ v[kv])
        return self.out_linear(torch.cat(mixed, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c.n_embd, c.hidden_dim)
        self.fc2 = nn.Linear(c.hidden_dim, c.n_embd)

    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, c, names):
        super().__init__()
        for number in range(len(names) + 1):
            setattr(self, f"ln{number + 1}", Norm(c.n_embd))
        for name in names:
            setattr(self, name, Attention(c))
        self.mlp = Mlp(c)


class EncoderDecoder(nn.Module):
    def __init__(self, **options):
        super().__init__()
        c = self.config = types.SimpleNamespace(**options)
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(c.vocab_size, c.n_embd),
            "e": nn.ModuleList([Block(c, ["attn"]) for _ in range(c.n_encoder_layer)]),
            "ln_e": Norm(c.n_embd),
            "h": nn.ModuleList([Block(c, ["causal_attn", "cross_attn"]) for _ in range(c.n_decoder_layer)]),
            "ln_f": Norm(c.n_embd)})

    def forward(self, source, target):
        """Ids [S] and [T] to logits [T, vocab]."""
        t = self.transformer
        places = torch.arange(len(source), dtype=torch.float64) - (len(source) - 1) // 2
        e = t.wte(source)
        there = (source != self.config.pad_token_id)[None].expand(len(source), -1)
        for block in t.e:
            normed = block.ln1(e)
            e = e + block.attn(normed, normed, places, there)
            e = e + block.mlp(block.ln2(e))
        e = t.ln_e(e)
        x = t.wte(target)
        causal = torch.ones(len(target), len(target), dtype=torch.bool).tril()
        causal &= (target != self.config.pad_token_id)[None]
        for block in t.h:
            normed = block.ln1(x)
            x = x + block.causal_attn(normed, normed, torch.arange(len(target), dtype=torch.float64), causal)
            x = x + block.cross_attn(block.ln2(x), e, None, there[:1].expand(len(target), -1))
            x = x + block.mlp(block.ln3(x))
        return t.ln_f(x) @ t.wte.weight.T


SMALL = dict(n_encoder_layer=2, n_decoder_layer=2, n_embd=18, qkv_embd=24, n_head=6, n_kv_head=3, hidden_dim=22,
             block_size=32, rope_theta=10000, rope_factor=1.0, vocab_size=32, pad_token_id=0, bos_token_id=1,
             is_interleaved=False)


def by_rows(model, source, mask, target):
    return torch.stack([model(row[kept.bool()], aim) for row, kept, aim in zip(source, mask, target)])


def with_padding_inside(model, source, mask, target):
    source[0, 5] = 0
    target[1, 3] = 0
    return by_rows(model, source, mask, target)


def save(model, folder):
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    config = {"model_type": "tandem_encoder_decoder"} | vars(model.config)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def case(forward=by_rows, **options):
    return Case(lambda: EncoderDecoder(**(SMALL | options)), kind="encoder_decoder", forward=forward, save=save)


CASES = {
    "tandem_encoder_decoder": case(),
    "tandem_encoder_decoder_interleaved": case(is_interleaved=True, n_encoder_layer=1, n_decoder_layer=1),
    # The first source is longer than what was trained, the second is not.
    "tandem_encoder_decoder_stretched": case(rope_factor=4.0, block_size=10, n_decoder_layer=1),
    "tandem_encoder_decoder_padding_inside": case(forward=with_padding_inside, n_kv_head=2, n_encoder_layer=1,
                                                   n_decoder_layer=1),
}
