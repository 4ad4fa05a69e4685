#include "engine/models/qwen2/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/layer_types.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::qwen2 {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);
Result<nlohmann::ordered_json> to_config(const ModelShape& shape);

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
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 32,
                                                      .hidden = 4096,
                                                      .heads = 32,
                                                      .kv_heads = 32,
                                                      .ffn = 22016,
                                                      .vocab = 151936,
                                                      .context = 32768,
                                                      .own_head_dim = true}));
    Config own;
    own.head_norms = TANDEM_TRY(config.text("model_type")) == "qwen3";
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    if (own.head_norms) {
        shape.head_dim = TANDEM_TRY(config.integer("head_dim", config.says_null("head_dim") ? shape.head_dim : 128));
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
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.head_norms = config.architecture() == "qwen3";
    own.attention_bias = !own.head_norms || config.has_tensor("blk.0.attn_q.bias");
    own.output_bias = config.has_tensor("blk.0.attn_output.bias");
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"window", describe_windows(windows)},
            {"biases", output_bias      ? "attention"
                       : attention_bias ? "query, key, value"
                                        : "none"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "qwen2",
                                    .model_types = {"qwen2", "qwen3"},
                                    .gguf_architectures = {"qwen2", "qwen3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf,
                                    .to_config = to_config};

}  // namespace tandem::qwen2
