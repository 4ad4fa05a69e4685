// RecurrentGemma (Botev et al. 2024), the Griffin architecture (De et al. 2024): blocks with a gated linear recurrence
// between blocks with local attention. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::recurrent_gemma {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    Activation activation = Activation::gelu_tanh;
    std::vector<bool> is_recurrent;  // of each layer; the others attend
    std::int64_t recurrence = 0;     // width of the recurrence
    std::int64_t convolution = 4;    // positions that the convolution before it sees
    std::int64_t window = 2048;      // keys that a position sees, its own included
    double output_softcap = 30;      // of the logits
    bool attention_bias = false;     // of query, key and value; the product after attention always has one

    std::int64_t kept() const { return recurrence * convolution; }  // numbers that a recurrent layer keeps

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::recurrent_gemma
