"""BART and its kin: norms before and after, positions learned, fixed and counted, embeddings shared and not."""
import torch
from model_fixtures.common import Case, transformers_model

SMALL = dict(vocab_size=32, d_model=16, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=24, decoder_ffn_dim=20,
             encoder_attention_heads=4, decoder_attention_heads=2, max_position_embeddings=20, pad_token_id=1,
             decoder_start_token_id=2)


def model(architecture, configuration, **options):
    make = transformers_model(architecture, configuration, **(SMALL | options))

    def with_logits_bias():
        made = make()
        if hasattr(made, "final_logits_bias"):
            made.final_logits_bias.copy_(torch.randn(made.final_logits_bias.shape))
        return made

    return with_logits_bias


def conditional(kind, **options):
    return model(f"{kind}ForConditionalGeneration", f"{kind}Config", **options)


def marian(**options):
    return model("MarianMTModel", "MarianConfig", **options)


def without_prefix(folder):
    """As the base model is saved: no "model." and no bias of the logits."""
    from safetensors.torch import load_file, save_file
    path = folder / "model.safetensors"
    tensors = {name.removeprefix("model."): tensor for name, tensor in load_file(path).items()}
    tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    save_file(tensors, path)


CASES = {
    "bart": Case(conditional("Bart"), kind="encoder_decoder"),
    "bart_untied": Case(conditional("Bart", tie_word_embeddings=False, scale_embedding=True, encoder_layers=1,
                                    activation_function="relu"), kind="encoder_decoder", dtype=torch.bfloat16),
    "bart_base_model": Case(transformers_model("BartForConditionalGeneration", "BartConfig", **SMALL),
                            kind="encoder_decoder", edit=without_prefix, dtype=torch.bfloat16),
    "mbart": Case(conditional("MBart", scale_embedding=True), kind="encoder_decoder", dtype=torch.bfloat16),
    "plbart": Case(conditional("PLBart", encoder_layers=1), kind="encoder_decoder", dtype=torch.float16),
    "marian_shared": Case(marian(activation_function="swish", scale_embedding=True), kind="encoder_decoder",
                          dtype=torch.bfloat16),
    "marian_own_vocabularies": Case(marian(share_encoder_decoder_embeddings=False, decoder_vocab_size=40,
                                           encoder_layers=1), kind="encoder_decoder", dtype=torch.bfloat16),
    "marian_untied": Case(marian(share_encoder_decoder_embeddings=False, tie_word_embeddings=False, d_model=18,
                                 encoder_attention_heads=3, decoder_layers=1, activation_function="relu"),
                          kind="encoder_decoder", dtype=torch.float16),
    "pegasus": Case(conditional("Pegasus", scale_embedding=True, pad_token_id=0, decoder_start_token_id=0),
                    kind="encoder_decoder", dtype=torch.bfloat16),
    "m2m_100": Case(conditional("M2M100"), kind="encoder_decoder"),
    "m2m_100_unscaled": Case(conditional("M2M100", scale_embedding=False, activation_function="gelu", pad_token_id=2,
                                         decoder_layers=1), kind="encoder_decoder", dtype=torch.float16),
    "blenderbot": Case(conditional("Blenderbot", encoder_layers=1, pad_token_id=0), kind="encoder_decoder",
                       dtype=torch.bfloat16),
}
