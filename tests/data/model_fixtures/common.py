"""How a tiny checkpoint becomes a fixture: random weights, saved as its own library saves them, beside what that library
computes. Files of cases in this folder hold a dictionary CASES of name -> Case."""
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import sys
from typing import Callable

import torch
import transformers
from safetensors.torch import save_file

TOKENS = 24
CHUNKS = [7, 1, 1, 10, 5]
SOURCE_TOKENS = 13
TARGET_TOKENS = 9
VERSIONS = {name: importlib.metadata.version(name) for name in ("torch", "transformers")}


@dataclasses.dataclass
class Case:
    # Makes the model; its parameters are drawn anew. Several calls make the same shape.
    make: Callable[[], torch.nn.Module]
    # Also writes model.gguf with llama.cpp's own converter (needs LLAMA_CPP), in f32; a function is given the converter
    # first, to mend it.
    gguf: bool | Callable = False
    # The type of the saved weights; expectations are computed in f32 from what was saved.
    dtype: torch.dtype = torch.float32
    # Another maximum size of a file, for sharded checkpoints.
    shard: str = "1GB"
    # Changes the saved folder, as to an older layout: called with its path.
    edit: Callable[[pathlib.Path], None] | None = None
    # Computes the logits where the family's code is not in transformers: (model, ids) -> logits.
    forward: Callable | None = None
    # Saves such a model: (model, folder).
    save: Callable | None = None
    scale: float = 0.3
    # False where what a position gives depends on how the sequence came (rotary scalings by its length): expectations
    # then also have the logits of the sizes in CHUNKS, with a cache.
    by_position: bool = True
    # Model kinds beside decoders: "encoder_decoder" or "vision".
    kind: str = "decoder"
    # Vision: the shape of the pixels, [pictures, channels, height, width].
    pixels: tuple = (2, 3, 16, 16)


def perturb(model, generator, scale):
    """Draws every parameter: norms around 1 (around 0 where they store weight - 1 and began at 0), the rest around 0."""
    with torch.no_grad():
        for name, weights in model.named_parameters():
            is_norm = "norm" in name.lower() or "ln_" in name or name.endswith(("layernorm.weight", "ln.weight"))
            began_at_one = bool((weights == 1).all())
            mean = 1.0 if is_norm and began_at_one else 0.0
            weights.copy_(mean + scale * torch.randn(weights.shape, generator=generator))


def decoder_expected(case, model, generator):
    text = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    vocab = text.vocab_size
    ids = torch.randint(vocab, (2, TOKENS), generator=generator)
    with torch.no_grad():
        logits = case.forward(model, ids) if case.forward else model(ids, use_cache=False).logits
        expected = {"ids": ids.int(), "logits": logits.float().contiguous()}
        if not case.by_position:
            expected["chunk_logits"] = chunk_logits(case, model, ids).float().contiguous()
    return expected


def chunk_logits(case, model, ids):
    past, parts = None, []
    for chunk in ids.split(CHUNKS, dim=1):
        if case.forward:
            logits, past = case.forward(model, chunk, past)
        else:
            result = model(chunk, past_key_values=past, use_cache=True)
            logits, past = result.logits, result.past_key_values
        parts.append(logits)
    return torch.cat(parts, dim=1)


def encoder_decoder_expected(case, model, generator):
    """The second source is padded: its last 4 tokens do not count."""
    low = 3  # not a padding, start or end id
    source = torch.randint(low, model.config.vocab_size, (2, SOURCE_TOKENS), generator=generator)
    mask = torch.ones_like(source)
    mask[1, -4:] = 0
    pad = model.config.pad_token_id
    source[1, -4:] = pad if pad is not None else 0
    target = torch.randint(low, model.config.vocab_size, (2, TARGET_TOKENS), generator=generator)
    with torch.no_grad():
        if case.forward:
            logits = case.forward(model, source, mask, target)
        else:
            logits = model(input_ids=source, attention_mask=mask, decoder_input_ids=target, use_cache=False).logits
    return {"source": source.int(), "mask": mask.int(), "target": target.int(), "logits": logits.float().contiguous()}


def vision_expected(case, model, generator):
    pixels = torch.randn(case.pixels, generator=generator)
    with torch.no_grad():
        if case.forward:
            out = case.forward(model, pixels)
        else:
            out = model(pixel_values=pixels, output_hidden_states=True)
    expected = {"pixels": pixels, "hidden": out.last_hidden_state.float().contiguous(),
                "layers": torch.stack(out.hidden_states).float().contiguous()}
    if getattr(out, "pooler_output", None) is not None:
        expected["pooled"] = out.pooler_output.float().contiguous()
    return expected


EXPECTED = {"decoder": decoder_expected, "encoder_decoder": encoder_decoder_expected, "vision": vision_expected}


def write_case(case, folder, seed):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = case.make().eval()
    perturb(model, generator, case.scale)
    folder.mkdir(parents=True)
    if case.save:
        case.save(model, folder)
    else:
        model.to(case.dtype).save_pretrained(folder, max_shard_size=case.shard)
        # Read back, so that what is compared with is what was saved, computed in f32.
        model = type(model).from_pretrained(folder, dtype=torch.float32).eval()
    save_file(EXPECTED[case.kind](case, model, generator), folder / "expected.safetensors", metadata=VERSIONS)
    if case.edit:
        case.edit(folder)
    if case.gguf:
        write_gguf(folder, folder / "model.gguf", case.gguf)
    (folder / "generation_config.json").unlink(missing_ok=True)
    for path in folder.rglob("*"):
        path.chmod(0o644)


def write_gguf(folder, path, mend=True):
    """Converts as llama.cpp does, but for the vocabulary, which a folder without a tokenizer has not."""
    root = os.environ.get("LLAMA_CPP")
    if not root:
        sys.exit("set LLAMA_CPP to llama.cpp's source: this case is converted by its convert_hf_to_gguf.py")
    for entry in (root, os.path.join(root, "gguf-py")):
        if entry not in sys.path:
            sys.path.insert(0, entry)
    import gguf
    from conversion import ModelBase, ModelType, get_model_architecture, get_model_class

    # Converters ask for keys of older configurations, too, which the reference drops when it reads them.
    hparams = json.loads((folder / "config.json").read_text()) | ModelBase.load_hparams(folder, False)
    converter_class = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    with torch.inference_mode():
        converter = converter_class(folder, gguf.LlamaFileType.ALL_F32, path, eager=True, hparams=hparams)
        converter.set_vocab = lambda: None
        if callable(mend):
            mend(converter)
        converter.write()


def transformers_model(architecture, config_class, **options):
    """A case's make() for a class of transformers: transformers_model("GPT2LMHeadModel", "GPT2Config", n_embd=16)."""
    return lambda: getattr(transformers, architecture)(getattr(transformers, config_class)(**options))
