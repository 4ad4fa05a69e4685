// The Llama family (Touvron et al. 2023; Grattafiori et al. 2024): SmolLM, TinyLlama, Llama 3 and everything that its
// configuration describes; Mistral (Jiang et al. 2023) with its sliding window; MobiLlama (Thawakar et al. 2024), whose
// layers share one feed-forward block; SmolLM3, some of whose layers have no positions. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::llama {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    std::vector<std::int64_t> windows;  // keys that a position of a layer sees, its own included, 0: all; empty: all 0
    std::vector<bool> rotates;          // layers with positions; empty: all
    Activation activation = Activation::silu;
    bool attention_bias = false;  // query, key and value products add a bias
    bool output_bias = false;     // the product after attention too
    bool mlp_bias = false;        // and the feed-forward products
    bool shared_mlp = false;      // all layers have the first one's feed-forward block

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::llama
