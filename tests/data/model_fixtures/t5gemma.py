"""T5Gemma: stacks of unequal shape, windows shorter than the source, soft caps, grouped heads, outputs tied and not."""
import torch
import transformers
from model_fixtures.common import Case

SMALL = dict(vocab_size=32, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, head_dim=6, max_position_embeddings=32, query_pre_attn_scalar=10, sliding_window=4)


def t5gemma(encoder=None, decoder=None, **options):
    def make():
        kind = transformers.T5GemmaModuleConfig
        config = transformers.T5GemmaConfig(encoder=kind(**(SMALL | (encoder or {}))),
                                            decoder=kind(**(SMALL | (decoder or {}))), vocab_size=32, **options)
        # The fused attention of torch has no soft caps.
        config._attn_implementation = "eager"
        return transformers.T5GemmaForConditionalGeneration(config)

    return make


def computed_eagerly(model, source, mask, target):
    model.set_attn_implementation("eager")
    return model(input_ids=source, attention_mask=mask, decoder_input_ids=target, use_cache=False).logits


CASES = {
    "t5gemma": Case(t5gemma(), kind="encoder_decoder", forward=computed_eagerly),
    "t5gemma_untied_unequal": Case(
        t5gemma(encoder=dict(hidden_size=20, num_hidden_layers=1, num_attention_heads=5, num_key_value_heads=1,
                             head_dim=4, intermediate_size=12, layer_types=["full_attention"]),
                decoder=dict(attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=True,
                             rope_parameters={"rope_type": "default", "rope_theta": 500.0}),
                tie_word_embeddings=False), kind="encoder_decoder", forward=computed_eagerly, dtype=torch.bfloat16),
    "t5gemma_windows": Case(
        t5gemma(encoder=dict(sliding_window=3, layer_types=["sliding_attention"] * 2, num_key_value_heads=4),
                decoder=dict(sliding_window=2, layer_types=["full_attention", "sliding_attention"],
                             num_key_value_heads=1)), kind="encoder_decoder", forward=computed_eagerly,
        dtype=torch.bfloat16),
}
