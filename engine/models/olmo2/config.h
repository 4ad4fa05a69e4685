// The OLMo 2 family (OLMo team 2025): each block's output is normalised before it is added, queries and keys over all
// their heads together. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::olmo2 {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::silu;
    RopeSettings rope;
    bool attention_bias = false;  // query, key, value and output products add a bias
};

}  // namespace tandem::olmo2
