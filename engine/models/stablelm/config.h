// The StableLM family (Tow et al. 2023, Bellagente et al. 2024): StableLM 3B 4E1T, Zephyr, StableLM 2 1.6B and 12B in
// both of its layouts. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::stablelm {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::silu;
    RopeSettings rope;
    bool parallel_residual = false;  // attention and feed-forward read the same normalised input
    bool qkv_bias = false;
    bool qk_norm = false;        // queries and keys of each head are normalised with weights of their own
    bool stacked_norms = false;  // those weights are one tensor, as in GGUF
};

}  // namespace tandem::stablelm
