"""Vision encoders: ViT, DINOv2, and the vision towers of CLIP and SigLIP."""
import torch
import transformers

from model_fixtures.common import Case, transformers_model

SMALL = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, image_size=16,
             patch_size=4)
TEXT = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20, vocab_size=40,
            max_position_embeddings=12)
UNGATED = {key: value for key, value in SMALL.items() if key != "intermediate_size"}


def vit(architecture="ViTModel", **options):
    return transformers_model(architecture, "ViTConfig", **(SMALL | options))


def dinov2(architecture="Dinov2Model", **options):
    config = "Dinov2WithRegistersConfig" if "Registers" in architecture else "Dinov2Config"
    return transformers_model(architecture, config, **(UNGATED | dict(mlp_ratio=2) | options))


def clip(architecture="CLIPVisionModel", **options):
    return transformers_model(architecture, "CLIPVisionConfig", **(SMALL | options))


def siglip(architecture="SiglipVisionModel", **options):
    return transformers_model(architecture, "SiglipVisionConfig", **(SMALL | options))


def inside(name):
    """Expectations of the encoder inside a model that puts something over it."""
    return lambda model, pixels: getattr(model, name)(pixel_values=pixels, output_hidden_states=True)


def unpooled(model, pixels):
    """Reading a checkpoint without a pooler makes one up."""
    out = model(pixel_values=pixels, output_hidden_states=True)
    out.pooler_output = None
    return out


def headless():
    config = transformers.SiglipVisionConfig(**SMALL)
    config.vision_use_head = False
    return transformers.SiglipVisionModel(config)


CASES = {
    "vit": Case(vit(), kind="vision"),
    "vit_no_qkv_bias": Case(vit(qkv_bias=False, pooler_output_size=12, pooler_act="gelu", layer_norm_eps=1e-3,
                                hidden_act="gelu_new"), kind="vision"),
    "vit_without_pooler": Case(lambda: transformers.ViTModel(transformers.ViTConfig(**SMALL), add_pooling_layer=False),
                               kind="vision", forward=unpooled),
    "vit_classifier": Case(vit("ViTForImageClassification", num_labels=5), kind="vision", forward=inside("vit"),
                           dtype=torch.bfloat16),
    "vit_rectangle": Case(vit(image_size=[12, 20], patch_size=[4, 5], num_channels=2), kind="vision",
                          pixels=(2, 2, 12, 20)),
    "dinov2": Case(dinov2(), kind="vision"),
    "dinov2_gated_stretched": Case(dinov2(use_swiglu_ffn=True, qkv_bias=False), kind="vision", pixels=(2, 3, 23, 13)),
    "dinov2_shrunk": Case(dinov2("Dinov2ForImageClassification", num_labels=3, mlp_ratio=4), kind="vision",
                          forward=inside("dinov2"), pixels=(3, 3, 8, 8)),
    "dinov2_registers": Case(dinov2("Dinov2WithRegistersModel", num_register_tokens=3), kind="vision"),
    "dinov2_registers_shrunk": Case(dinov2("Dinov2WithRegistersModel"), kind="vision", pixels=(2, 3, 8, 12)),
    "dinov2_no_registers": Case(dinov2("Dinov2WithRegistersModel", num_register_tokens=0, num_hidden_layers=1),
                                kind="vision"),
    "clip_vision": Case(clip(), kind="vision"),
    "clip_projected": Case(clip("CLIPVisionModelWithProjection", hidden_act="gelu", projection_dim=10, image_size=18),
                           kind="vision", forward=inside("vision_model"), pixels=(2, 3, 18, 18)),
    "clip_both_towers": Case(transformers_model("CLIPModel", "CLIPConfig", vision_config=SMALL, text_config=TEXT,
                                                projection_dim=8),
                             kind="vision", forward=inside("vision_model"), shard="12KB"),
    "siglip_vision": Case(siglip(), kind="vision"),
    "siglip_rest": Case(siglip(image_size=18, hidden_act="gelu"), kind="vision", pixels=(2, 3, 18, 18),
                        dtype=torch.float16),
    "siglip_both_towers": Case(transformers_model("SiglipModel", "SiglipConfig", vision_config=SMALL,
                                                  text_config=TEXT | dict(projection_size=16)),
                               kind="vision", forward=inside("vision_model")),
    "siglip_without_head": Case(headless, kind="vision"),
}
