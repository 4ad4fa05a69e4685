// Every fusion and place of LLM-to-SLM on tiny checkpoints of different families. Thread rule: stateless.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/api/pairing_options.h"

namespace tandem::test {

struct Form {
    const char* large;
    const char* small;
    PairingSettings settings;
};

inline constexpr PairingSettings add{};
inline constexpr PairingSettings last{.pooling = Pooling::last};
inline constexpr PairingSettings replace{.fusion = Fusion::replace};
inline constexpr PairingSettings instead{.fusion = Fusion::replace, .aligned = false};
inline constexpr PairingSettings prepend{.fusion = Fusion::prepend, .aligned = false};
constexpr PairingSettings at_output(PairingSettings settings) {
    settings.place = FusionPlace::encoder_output;
    return settings;
}

inline std::string form_name(const testing::TestParamInfo<Form>& info) {
    const PairingSettings& settings = info.param.settings;
    std::string name = std::string(info.param.large) + "_guides_" + info.param.small + "_" +
                       std::string(enum_name(settings.fusion)) + (settings.aligned ? "_aligned_" : "_whole_") +
                       std::string(enum_name(settings.place)) + "_" + std::string(enum_name(settings.pooling));
    std::ranges::replace(name, '-', '_');
    return name;
}

// A decoder has the guidance alone in the place of its prompt.
inline std::vector<Form> forms_without_a_prompt() {
    return {{"llama_yarn", "gpt2_tied", instead}, {"gpt2_tied", "gemma2_caps_windows", instead}};
}

inline std::vector<Form> forms_with_a_prompt() {
    return {{"t5_first", "gpt2_tied", add},
            {"t5_first", "llama_biases", replace},
            {"bart", "gpt2_published", prepend},
            {"qwen2_grouped", "llama_biases", add},
            {"qwen2_grouped", "llama_biases", last},
            {"gemma_multi_query", "opt_plain", prepend},
            {"gpt2_tied", "mistral_window", prepend},
            {"gpt2_tied", "t5_first", add},
            {"t5gemma_untied_unequal", "bart", replace},
            {"qwen2_grouped", "t5_first", prepend},
            {"t5_first", "bart", instead},
            {"gpt2_tied", "t5gemma_untied_unequal", at_output(add)},
            {"t5_first", "bart", at_output(replace)},
            {"gpt2_tied", "t5_first", at_output(instead)},
            {"llama_yarn", "t5_first", at_output(prepend)}};
}

inline std::vector<Form> guided_forms() {
    std::vector<Form> forms = forms_with_a_prompt();
    for (const Form& form : forms_without_a_prompt()) {
        forms.push_back(form);
    }
    return forms;
}

}  // namespace tandem::test
