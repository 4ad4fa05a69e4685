"""Gemma 1 to 3: scaled embeddings, norms that store weight - 1, soft caps, windows, two rotations, pictures' names."""
import json

import torch
from safetensors.torch import load_file, save_file

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=12, intermediate_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
             head_dim=6, vocab_size=32, max_position_embeddings=64, rms_norm_eps=1e-5)
TINY_VISION = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8,
                   patch_size=4)


def gemma(**options):
    return transformers_model("GemmaForCausalLM", "GemmaConfig", **(SMALL | options))


def gemma2(**options):
    return transformers_model("Gemma2ForCausalLM", "Gemma2Config", **(SMALL | options))


def gemma3(**options):
    return transformers_model("Gemma3ForCausalLM", "Gemma3TextConfig", **(SMALL | options))


def with_pictures(**options):
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = SMALL | dict(sliding_window=6, query_pre_attn_scalar=6) | options
    return Gemma3ForConditionalGeneration(Gemma3Config(text_config=text, vision_config=TINY_VISION,
                                                       mm_tokens_per_image=4, image_token_index=31))


def text_logits(model, ids):
    return model(input_ids=ids, use_cache=False).logits


def capped_logits(model, ids):
    """The attention that transformers takes by itself leaves soft caps out."""
    model.set_attn_implementation("eager")
    return text_logits(model, ids)


def older_names(folder):
    """As the first checkpoints with pictures were saved, and their configuration: windows by a number, two thetas."""
    path = folder / "model.safetensors"
    renamed = {name.replace("model.language_model.", "language_model.model.")
               .replace("model.vision_tower.", "vision_tower.vision_model.")
               .replace("model.multi_modal_projector.", "multi_modal_projector."): weights
               for name, weights in load_file(path).items()}
    save_file(renamed, path, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    text = config["text_config"]
    ropes = text.pop("rope_parameters")
    text.pop("layer_types")
    text |= {"sliding_window_pattern": 6, "rope_theta": ropes["full_attention"]["rope_theta"],
             "rope_local_base_freq": ropes["sliding_attention"]["rope_theta"]}
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def with_vocabulary(converter):
    """The converter cuts the embedding to the size of the tokenizer's vocabulary, which it reads."""
    path, write = converter.dir_model / "tokenizer.json", converter.write
    path.write_text(json.dumps({"model": {"vocab": {str(i): i for i in range(32)}}, "added_tokens": []}))

    def write_and_clean():
        write()
        path.unlink()

    converter.write = write_and_clean


CASES = {
    "gemma_multi_query": Case(gemma(num_key_value_heads=1), gguf=True),
    "gemma_biases_bf16": Case(gemma(attention_bias=True, num_key_value_heads=4, hidden_act="gelu"),
                              dtype=torch.bfloat16),
    "gemma2_caps_windows": Case(gemma2(sliding_window=5, query_pre_attn_scalar=6, attn_logit_softcapping=2.0,
                                       final_logit_softcapping=3.0), forward=capped_logits,
                                gguf=True),
    "gemma2_uncapped_scaled": Case(gemma2(sliding_window=7, query_pre_attn_scalar=20, attn_logit_softcapping=None,
                                          final_logit_softcapping=None, layer_types=[
                                              "full_attention", "sliding_attention", "sliding_attention"])),
    "gemma3_pattern": Case(gemma3(num_hidden_layers=7, hidden_size=8, intermediate_size=8, num_attention_heads=2,
                                  num_key_value_heads=1, head_dim=4, sliding_window=6, query_pre_attn_scalar=4, rope_parameters={
        "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 4.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}), gguf=with_vocabulary),
    "gemma3_types_capped": Case(gemma3(sliding_window=5, query_pre_attn_scalar=12, final_logit_softcapping=4.0,
                                       tie_word_embeddings=False, layer_types=[
                                           "sliding_attention", "full_attention", "sliding_attention"])),
    "gemma3_with_pictures": Case(with_pictures, forward=text_logits),
    "gemma3_with_pictures_capped": Case(lambda: with_pictures(attn_logit_softcapping=1.0, final_logit_softcapping=2.0),
                                        forward=capped_logits),
    "gemma3_with_pictures_older": Case(with_pictures, forward=text_logits, edit=older_names),
}
