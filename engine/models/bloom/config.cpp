#include "engine/models/bloom/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/usual_sizes.h"

namespace tandem::bloom {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", TANDEM_TRY(config.integer("n_layer", 2))));
    shape.hidden = TANDEM_TRY(config.integer("n_embed", TANDEM_TRY(config.integer("hidden_size", 64))));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", TANDEM_TRY(config.integer("n_head", 8))));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("", shape.hidden, shape.heads));
    shape.ffn = four_times(shape.hidden);
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 250880));
    // What the published models were trained with; ALiBi itself has no limit.
    shape.context = TANDEM_TRY(config.integer("seq_length", 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_epsilon", 1e-5)), config.origin()));
    own.residual_after_norm = TANDEM_TRY(config.truth("apply_residual_connection_post_layernorm", false));
    // Sums the same products in slices; but the reference then leaves out the biases.
    if (TANDEM_TRY(config.truth("slow_but_exact", false)) && TANDEM_TRY(config.integer("pretraining_tp", 1)) > 1) {
        return config.unsupported("slow_but_exact with a pretraining_tp above 1");
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(without_shared_heads(config, TANDEM_TRY(config.sizes())));
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    constexpr double bias_of_all = 8;
    if (TANDEM_TRY(config.real("attention.max_alibi_bias", bias_of_all)) != bias_of_all) {
        return config.unsupported("an ALiBi whose largest bias is not 8");
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "bloom",
                                    .model_types = {"bloom"},
                                    .gguf_architectures = {"bloom"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::bloom
