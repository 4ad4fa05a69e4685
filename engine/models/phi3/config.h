// Phi-3, 3.5 and Phi-4-mini (Abdin et al. 2024): one product for query, key and value and one for gate and up, windows,
// rotary factors by frequency for long contexts, a part of each head rotated. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::phi3 {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    RopeSettings rope;
    std::int64_t window = 0;  // keys that a position sees, its own included; 0: all
    Activation activation = Activation::silu;

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::phi3
