#include "engine/models/opt/config.h"

#include "engine/models/inspect_check.h"

namespace tandem::opt {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 12));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 768));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 12));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("ffn_dim", 3072));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 50272));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.activation = TANDEM_TRY(config.activation("activation_function", "relu"));
    own.embedding_dim = TANDEM_TRY(config.integer("word_embed_proj_dim", shape.hidden));
    TANDEM_TRY(check_range("the embedding size (word_embed_proj_dim)", own.embedding_dim, 1, 1 << 20, config.origin()));
    own.norm_first = TANDEM_TRY(config.truth("do_layer_norm_before", true));
    own.final_norm = !TANDEM_TRY(config.truth("_remove_final_layer_norm", false)) && own.norm_first;
    own.norm_weights = TANDEM_TRY(config.truth("layer_norm_elementwise_affine", true));
    own.bias = TANDEM_TRY(config.truth("enable_bias", true));
    shape.has_position_table = true;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "opt",
                                    .model_types = {"opt"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::opt
