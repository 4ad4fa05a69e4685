// The Llama family (Touvron et al. 2023; Grattafiori et al. 2024): SmolLM, TinyLlama, Llama 3 and everything that its
// configuration describes, Mistral (Jiang et al. 2023) with its sliding window among them. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/rope_settings.h"

namespace tandem::llama {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    std::int64_t window = 0;      // keys that a position sees, its own included; 0: all
    bool attention_bias = false;  // query, key, value and output products add a bias
    bool mlp_bias = false;        // the feed-forward products too

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::llama
