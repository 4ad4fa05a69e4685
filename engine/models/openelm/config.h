// OpenELM (Mehta et al. 2024): layers of growing width, each with its own numbers of heads and feed-forward units, and
// heads that are normalised before they are rotated. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::openelm {

struct Config : FamilyConfig {
    RopeSettings rope;
    Activation activation = Activation::silu;
    std::vector<std::int64_t> heads;     // of each layer
    std::vector<std::int64_t> kv_heads;  // of each layer
    std::vector<std::int64_t> ffn;       // of each layer
    bool head_norms = true;
    double norm_epsilon = 1e-6;

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::openelm
