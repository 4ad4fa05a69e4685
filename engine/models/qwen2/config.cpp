#include "engine/models/qwen2/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/layer_types.h"
#include "engine/models/rope_config.h"

namespace tandem::qwen2 {

TensorList tensors(const ModelShape& shape);

namespace {

// The window is of the layers from max_window_layers on, and only where use_sliding_window says so.
Result<std::vector<std::int64_t>> windows(const ConfigReader& config, std::int64_t layers) {
    const bool uses_window = TANDEM_TRY(config.truth("use_sliding_window", false));
    const std::int64_t stated =
        config.says_null("sliding_window") ? 0 : TANDEM_TRY(config.integer("sliding_window", 4096));
    const std::int64_t first = TANDEM_TRY(config.integer("max_window_layers", 28));
    const std::int64_t window = uses_window ? stated : 0;
    return read_windows(config, layers, window, [&](std::int64_t layer) { return window != 0 && layer >= first; });
}

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    own.head_norms = TANDEM_TRY(config.text("model_type")) == "qwen3";
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers"));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size"));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads"));
    shape.kv_heads =
        TANDEM_TRY(config.integer("num_key_value_heads", config.says_null("num_key_value_heads") ? shape.heads : 32));
    shape.head_dim = own.head_norms && !config.says_null("head_dim")
                         ? TANDEM_TRY(config.integer("head_dim", 128))
                         : TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size"));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size"));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 32768));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", false));
    if (own.head_norms) {
        own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
        own.output_bias = own.attention_bias;
    }
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    own.windows = TANDEM_TRY(windows(config, shape.layers));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

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
    own.head_norms = config.architecture() == "qwen3";
    own.attention_bias = !own.head_norms || config.has_tensor("blk.0.attn_q.bias");
    own.output_bias = config.has_tensor("blk.0.attn_output.bias");
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), config.file().origin()));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "qwen2",
                                    .model_types = {"qwen2", "qwen3"},
                                    .gguf_architectures = {"qwen2", "qwen3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::qwen2
