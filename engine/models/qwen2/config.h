// Qwen 1.5, 2 and 2.5 (Bai et al. 2023; Yang et al. 2024), which add biases to queries, keys and values, and Qwen 3
// (Yang et al. 2025), which normalises each head instead. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::qwen2 {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    std::vector<std::int64_t> windows;  // keys that a position of a layer sees, its own included; 0: all
    Activation activation = Activation::silu;
    bool attention_bias = true;  // query, key and value products add a bias
    bool output_bias = false;    // the product after attention too
    bool head_norms = false;     // queries and keys are normalised before they are rotated

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::qwen2
