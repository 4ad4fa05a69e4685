// The GPT-2 family (Radford et al. 2019): GPT-2, Cerebras-GPT, LaMini-GPT and everything else that its configuration
// describes. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"

namespace tandem::gpt2 {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::gelu_tanh;
    bool scale_by_head = true;    // scores times 1 / sqrt(head_dim)
    bool scale_by_layer = false;  // scores of layer i, from 0, times 1 / (i + 1)
};

}  // namespace tandem::gpt2
