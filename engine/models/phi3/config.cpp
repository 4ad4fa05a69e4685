#include "engine/models/phi3/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::phi3 {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 32));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 3072));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 32));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 8192));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 32064));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 4096));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-5)), config.origin()));
    own.window = TANDEM_TRY(config.integer("sliding_window", 0));
    TANDEM_TRY(check_range("the sliding window", own.window, 0, 1 << 30, config.origin()));
    const RopeDefaults rotary{
        .head_dim = shape.head_dim, .theta = 10000, .context = shape.context, .original_context = 4096};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// llama.cpp reads the window and does not apply it; what the model was trained with is applied here.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("block_count"));
    shape.hidden = TANDEM_TRY(config.integer("embedding_length"));
    shape.heads = TANDEM_TRY(config.integer("attention.head_count"));
    shape.kv_heads = TANDEM_TRY(config.integer("attention.head_count_kv", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim(shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("feed_forward_length"));
    shape.context = TANDEM_TRY(config.integer("context_length"));
    shape.vocab = TANDEM_TRY(config.vocabulary(shape.hidden));
    shape.tied_embeddings = config.tied_embeddings();
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), config.file().origin()));
    own.window = TANDEM_TRY(config.integer("attention.sliding_window", 0));
    TANDEM_TRY(check_range("the sliding window", own.window, 0, 1 << 30, config.file().origin()));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "phi3",
                                    .model_types = {"phi3"},
                                    .gguf_architectures = {"phi3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::phi3
