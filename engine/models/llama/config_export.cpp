// What a written Llama says of itself.
#include <nlohmann/json.hpp>

#include "engine/models/family_export.h"
#include "engine/models/llama/config.h"

namespace tandem::llama {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.window > 0 && own.window < shape.context) {
        return not_writable("llama.cpp reads no sliding window (" + std::to_string(own.window) +
                            ") of a model of the llama architecture and would attend to everything");
    }
    GgufKeys keys("llama");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope, shape));
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
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
