// The GPT-NeoX family (Black et al. 2022): Pythia, Dolly v2 and everything else that its configuration describes. No
// torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::gpt_neox {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::gelu;
    RopeSettings rope;
    bool parallel_residual = true;  // attention and feed-forward both read what the layer got
    bool attention_bias = true;
};

}  // namespace tandem::gpt_neox
