// What a written Qwen 2 or 3 says of itself.
#include <nlohmann/json.hpp>

#include "engine/models/family_export.h"
#include "engine/models/qwen2/config.h"

namespace tandem::qwen2 {

namespace {

// llama.cpp's architectures of these names have no windows, no biases of Qwen 3, and no other activation.
Result<void> check_plain(const ModelShape& shape, const Config& own) {
    for (const std::int64_t window : own.windows) {
        if (window > 0 && window < shape.context) {
            return not_writable(
                "a sliding window (" + std::to_string(window) +
                ") is not part of what a GGUF says of a Qwen, and its readers would attend to everything");
        }
    }
    if (own.activation != Activation::silu) {
        return not_writable("an activation other than silu is not part of llama.cpp's Qwen");
    }
    if (own.output_bias || own.attention_bias == own.head_norms) {
        return not_writable(
            "biases other than those of queries, keys and values of Qwen 2 are not part of llama.cpp's Qwen");
    }
    return {};
}

}  // namespace

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    GgufKeys keys(own.head_norms ? "qwen3" : "qwen2");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    if (!own.head_norms && shape.head_dim * shape.heads != shape.hidden) {
        return not_writable("heads of a width of their own are not part of Qwen2ForCausalLM");
    }
    nlohmann::ordered_json config{
        {"architectures", {own.head_norms ? "Qwen3ForCausalLM" : "Qwen2ForCausalLM"}},
        {"model_type", own.head_norms ? "qwen3" : "qwen2"},
        {"hidden_act", "silu"},
        {"use_sliding_window", false},
    };
    add_usual_sizes(config, shape);
    config["rms_norm_eps"] = shortest_decimal(own.norm_epsilon);
    if (own.head_norms) {
        config["head_dim"] = shape.head_dim;
        config["attention_bias"] = false;
    }
    config.update(nlohmann::ordered_json::parse(TANDEM_TRY(rope_config_json(own.rope, shape.head_dim))));
    return config;
}

}  // namespace tandem::qwen2
