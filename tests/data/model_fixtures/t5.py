"""The T5 family: relative positions, gated and not, outputs tied, scaled or of their own, stacks of unequal depth."""
import torch
from model_fixtures.common import Case, transformers_model

SMALL = dict(d_model=16, d_kv=6, d_ff=18, num_layers=2, num_heads=3, vocab_size=32, pad_token_id=0, eos_token_id=1,
             decoder_start_token_id=0, relative_attention_num_buckets=8, relative_attention_max_distance=10)


def t5(kind="T5", own_output=False, **options):
    make = transformers_model(f"{kind}ForConditionalGeneration", f"{kind}Config", **(SMALL | options))

    def with_own_output():
        model = make()
        model.lm_head.weight = torch.nn.Parameter(torch.zeros_like(model.lm_head.weight))
        model.all_tied_weights_keys.pop("lm_head.weight")
        return model

    return with_own_output if own_output else make


def untied_as_older_versions_say_it(folder):
    path = folder / "config.json"
    text = path.read_text()
    for key in ("scale_decoder_outputs", "dense_act_fn", "is_gated_act"):
        text = "\n".join(line for line in text.splitlines() if f'"{key}"' not in line)
    path.write_text(text.replace('"tie_word_embeddings": true', '"tie_word_embeddings": false'))


def computed_eagerly(model, source, mask, target):
    """transformers 5.17 forgets that umT5's decoder is causal where the fused attention of torch computes it."""
    for module in model.modules():
        if hasattr(module, "config"):
            module.config._attn_implementation = "eager"
    return model(input_ids=source, attention_mask=mask, decoder_input_ids=target, use_cache=False).logits


CASES = {
    # gguf's tokenizer-less conversion keeps the buckets' largest distance of 128, which llama.cpp has built in.
    "t5_first": Case(t5(relative_attention_max_distance=128), kind="encoder_decoder", gguf=True),
    "t5_gated_own_output": Case(t5(own_output=True, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                                   relative_attention_max_distance=128), kind="encoder_decoder", gguf=True,
                                dtype=torch.bfloat16),
    "t5_gated_older_file": Case(t5(own_output=True, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                                   num_decoder_layers=3), kind="encoder_decoder",
                                edit=untied_as_older_versions_say_it, dtype=torch.bfloat16),
    "t5_tied_gated_silu": Case(t5(feed_forward_proj="gated-silu"), kind="encoder_decoder", dtype=torch.bfloat16),
    "t5_unscaled": Case(t5(tie_word_embeddings=False, feed_forward_proj="gelu"), kind="encoder_decoder",
                        dtype=torch.float16),
    "byt5_deep_encoder": Case(t5(own_output=True, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                                 num_layers=4, num_decoder_layers=1), kind="encoder_decoder", dtype=torch.bfloat16),
    "mt5": Case(t5("MT5", own_output=True), kind="encoder_decoder", dtype=torch.bfloat16),
    "mt5_tied": Case(t5("MT5"), kind="encoder_decoder", dtype=torch.float16),
    "umt5": Case(t5("UMT5", relative_attention_max_distance=128), kind="encoder_decoder", gguf=True, shard="12KB",
                 dtype=torch.bfloat16,
                 forward=computed_eagerly),
}
