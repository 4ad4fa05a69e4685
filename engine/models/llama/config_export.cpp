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
    if (std::ranges::find(own.rotates, false) != own.rotates.end()) {
        return not_writable("layers without positions are not part of the llama architecture");
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

}  // namespace

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    GgufKeys keys("llama");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope, shape));
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    nlohmann::ordered_json config{
        {"architectures", {"LlamaForCausalLM"}},
        {"model_type", "llama"},
        {"hidden_act", "silu"},
        {"hidden_size", shape.hidden},
        {"intermediate_size", shape.ffn},
        {"num_hidden_layers", shape.layers},
        {"num_attention_heads", shape.heads},
        {"num_key_value_heads", shape.kv_heads},
        {"head_dim", shape.head_dim},
        {"max_position_embeddings", shape.context},
        {"vocab_size", shape.vocab},
        {"rms_norm_eps", shortest_decimal(own.norm_epsilon)},
        {"attention_bias", own.attention_bias},
        {"mlp_bias", own.mlp_bias},
        {"tie_word_embeddings", shape.tied_embeddings},
    };
    config.update(nlohmann::ordered_json::parse(TANDEM_TRY(rope_config_json(own.rope))));
    return config;
}

}  // namespace tandem::llama
