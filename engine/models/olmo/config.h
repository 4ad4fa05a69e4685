// The first OLMo family (Groeneveld et al. 2024): norms without weights, queries, keys and values optionally clipped.
// No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::olmo {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::silu;
    RopeSettings rope;
    double clip_qkv = 0;          // queries, keys and values are cut to -clip ... clip; 0: they stay
    bool attention_bias = false;  // query, key, value and output products add a bias
};

}  // namespace tandem::olmo
