// What a written Llama says of itself.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/models/family_export.h"
#include "engine/models/llama/config.h"

namespace tandem::llama {

namespace {

// Neither a plain LlamaForCausalLM nor llama.cpp's architecture of that name has these.
Result<void> check_plain(const ModelShape& shape, const Config& own) {
    for (const std::int64_t window : own.windows) {
        if (window > 0 && window < shape.context) {
            return not_writable("a sliding window (" + std::to_string(window) +
                                ") is not part of what a model of the llama architecture says of itself, and its "
                                "readers would attend to everything");
        }
    }
    if (own.activation != Activation::silu) {
        return not_writable("an activation other than silu is not part of the llama architecture");
    }
    if (own.attention_bias != own.output_bias) {
        return not_writable("a bias at only some of attention's products is not part of the llama architecture");
    }
    if (own.shared_mlp) {
        return not_writable("one feed-forward block for all layers is not part of the llama architecture");
    }
    return {};
}

bool rotates_everywhere(const Config& own) {
    return std::ranges::find(own.rotates, false) == own.rotates.end();
}

// llama.cpp's SmolLM3: every fourth layer is without positions.
bool is_smollm3(const Config& own) {
    for (std::size_t layer = 0; layer < own.rotates.size(); ++layer) {
        if (own.rotates[layer] != ((layer + 1) % 4 != 0)) {
            return false;
        }
    }
    return !own.attention_bias && !own.mlp_bias;
}

}  // namespace

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    if (!rotates_everywhere(own) && !is_smollm3(own)) {
        return not_writable("a GGUF cannot say which layers are without positions: readers take every fourth");
    }
    GgufKeys keys(rotates_everywhere(own) ? "llama" : "smollm3");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    const bool is_llama = rotates_everywhere(own);
    nlohmann::ordered_json config{
        {"architectures", {is_llama ? "LlamaForCausalLM" : "SmolLM3ForCausalLM"}},
        {"model_type", is_llama ? "llama" : "smollm3"},
        {"hidden_act", "silu"},
        {"head_dim", shape.head_dim},
        {"rms_norm_eps", shortest_decimal(own.norm_epsilon)},
        {"attention_bias", own.attention_bias},
        {"mlp_bias", own.mlp_bias},
    };
    if (!is_llama) {
        config["no_rope_layers"] = std::vector<int>(own.rotates.begin(), own.rotates.end());
    }
    add_usual_sizes(config, shape);
    config.update(nlohmann::ordered_json::parse(TANDEM_TRY(rope_config_json(own.rope, shape.head_dim))));
    return config;
}

}  // namespace tandem::llama
