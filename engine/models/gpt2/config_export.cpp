// What a written GPT-2 says of itself.
#include <nlohmann/json.hpp>

#include "engine/models/family_export.h"
#include "engine/models/gpt2/config.h"

namespace tandem::gpt2 {

namespace {

// A GGUF does not say these: llama.cpp computes those of GPT-2 itself.
Result<void> check_plain(const Config& own) {
    if (own.activation != Activation::gelu_tanh || !own.scale_by_head || own.scale_by_layer) {
        return not_writable(
            "an activation other than gelu_new, or scores not scaled by the width of a head alone, are not "
            "part of llama.cpp's GPT-2");
    }
    return {};
}

}  // namespace

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(own));
    GgufKeys keys("gpt2");
    keys.shape(shape);
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(own));
    return nlohmann::ordered_json{
        {"architectures", {"GPT2LMHeadModel"}},
        {"model_type", "gpt2"},
        {"activation_function", "gelu_new"},
        {"n_embd", shape.hidden},
        {"n_inner", shape.ffn},
        {"n_layer", shape.layers},
        {"n_head", shape.heads},
        {"n_positions", shape.context},
        {"vocab_size", shape.vocab},
        {"layer_norm_epsilon", shortest_decimal(own.norm_epsilon)},
        {"tie_word_embeddings", shape.tied_embeddings},
    };
}

}  // namespace tandem::gpt2
