// What a written Gemma says of itself.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/family_export.h"
#include "engine/models/gemma/config.h"

namespace tandem::gemma {

namespace {

int generation(const Config& own) {
    return own.head_norms ? 3 : own.post_norms ? 2 : 1;
}

// llama.cpp knows windows by their size alone: every second layer, every sixth, sees everything.
Result<std::int64_t> window_of(const Config& own) {
    const std::size_t pattern = generation(own) == 2 ? 2 : 6;
    std::int64_t window = 0;
    for (const std::int64_t size : own.windows) {
        window = std::max(window, size);
    }
    for (std::size_t layer = 0; layer < own.windows.size(); ++layer) {
        const bool is_local = (layer + 1) % pattern != 0;
        if (own.windows[layer] != (is_local ? window : 0)) {
            return not_writable("a GGUF of this architecture cannot say which layers have a window: every " +
                                std::to_string(pattern) + ". sees everything");
        }
    }
    if (window == 0) {
        return not_writable("llama.cpp gives this architecture a window, and the model has none");
    }
    return window;
}

Result<void> check_plain(const ModelShape& shape, const Config& own) {
    const auto width = static_cast<double>(shape.head_dim);
    const bool is_largest = generation(own) > 1 && shape.layers == (generation(own) == 2 ? 46 : 62);
    const double known = is_largest ? static_cast<double>(shape.hidden / shape.heads) : width;
    const double scale = own.attention_scale == 0 ? 1 / std::sqrt(width) : own.attention_scale;
    if (std::abs(scale * std::sqrt(known) - 1) > 1e-9) {
        return not_writable(
            "a GGUF cannot say the scale of the scores (query_pre_attn_scalar), and readers would take " +
            std::to_string(static_cast<std::int64_t>(known)));
    }
    if (own.activation != Activation::gelu_tanh || own.attention_bias || !shape.tied_embeddings) {
        return not_writable(
            "an activation other than gelu_pytorch_tanh, biases, or an output of its own are not part of "
            "llama.cpp's Gemma");
    }
    const bool has_caps = own.attention_softcap != 0 && own.output_softcap != 0;
    const bool has_none = own.attention_softcap == 0 && own.output_softcap == 0;
    if (generation(own) == 2 ? !has_caps : !has_none) {
        return not_writable("llama.cpp caps scores and logits of Gemma 2, both, and of no other Gemma");
    }
    return {};
}

}  // namespace

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    GgufKeys keys(generation(own) == 1 ? "gemma" : generation(own) == 2 ? "gemma2" : "gemma3");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    if (generation(own) > 1) {
        keys.u32("attention.sliding_window", TANDEM_TRY(window_of(own)));
    }
    if (generation(own) == 2) {
        keys.f32("attn_logit_softcapping", own.attention_softcap);
        keys.f32("final_logit_softcapping", own.output_softcap);
    }
    if (generation(own) == 3) {
        if (own.local_rope.kind != RopeSettings::Kind::plain) {
            return not_writable("llama.cpp does not scale the rotation of Gemma 3's layers with a window");
        }
        keys.f32("rope.freq_base_swa", own.local_rope.theta);
    }
    return keys.take();
}

Result<nlohmann::ordered_json> to_config(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TANDEM_TRY(check_plain(shape, own));
    const int number = generation(own);
    nlohmann::ordered_json config{
        {"architectures",
         {number == 1   ? "GemmaForCausalLM"
          : number == 2 ? "Gemma2ForCausalLM"
                        : "Gemma3ForCausalLM"}},
        {"model_type", number == 1   ? "gemma"
                       : number == 2 ? "gemma2"
                                     : "gemma3_text"},
        {number == 1 ? "hidden_act" : "hidden_activation", "gelu_pytorch_tanh"},
    };
    add_usual_sizes(config, shape);
    config["head_dim"] = shape.head_dim;
    config["rms_norm_eps"] = shortest_decimal(own.norm_epsilon);
    config.update(nlohmann::ordered_json::parse(TANDEM_TRY(rope_config_json(own.rope, shape.head_dim))));
    if (number == 1) {
        return config;
    }
    const double scale = own.attention_scale == 0 ? 1 / std::sqrt(shape.head_dim) : own.attention_scale;
    config["query_pre_attn_scalar"] = static_cast<std::int64_t>(std::llround(1 / (scale * scale)));
    config["sliding_window"] = TANDEM_TRY(window_of(own));
    config["attn_logit_softcapping"] = nullptr;
    config["final_logit_softcapping"] = nullptr;
    if (number == 2) {
        config["attn_logit_softcapping"] = shortest_decimal(own.attention_softcap);
        config["final_logit_softcapping"] = shortest_decimal(own.output_softcap);
    } else {
        config["rope_local_base_freq"] = shortest_decimal(own.local_rope.theta);
        config["sliding_window_pattern"] = 6;
    }
    return config;
}

}  // namespace tandem::gemma
