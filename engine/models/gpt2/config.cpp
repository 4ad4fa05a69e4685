#include "engine/models/gpt2/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/usual_sizes.h"

namespace tandem::gpt2 {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);
Result<nlohmann::ordered_json> to_config(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", TANDEM_TRY(config.integer("n_layer", 12))));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", TANDEM_TRY(config.integer("n_embd", 768))));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", TANDEM_TRY(config.integer("n_head", 12))));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("n_inner", four_times(shape.hidden)));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 50257));
    shape.context =
        TANDEM_TRY(config.integer("max_position_embeddings", TANDEM_TRY(config.integer("n_positions", 1024))));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_epsilon", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("activation_function", "gelu_new"));
    own.scale_by_head = TANDEM_TRY(config.truth("scale_attn_weights", true));
    own.scale_by_layer = TANDEM_TRY(config.truth("scale_attn_by_inverse_layer_idx", false));
    shape.has_position_table = true;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The file does not say which activation and scaling: llama.cpp computes those of GPT-2 itself.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(without_shared_heads(config, TANDEM_TRY(config.sizes())));
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    shape.has_position_table = true;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "gpt2",
                                    .model_types = {"gpt2"},
                                    .gguf_architectures = {"gpt2"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf,
                                    .to_config = to_config};

}  // namespace tandem::gpt2
