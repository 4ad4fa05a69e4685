// The Nemotron family: Nemotron-4 (Parmar et al. 2024) and Minitron (Muralidharan et al. 2024). Norms of weight + 1,
// squared ReLU, a part of each head rotated. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::nemotron {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::relu_squared;
    RopeSettings rope;
    bool attention_bias = false;  // query, key, value and output products add a bias
    bool mlp_bias = false;        // the feed-forward products too
};

}  // namespace tandem::nemotron
