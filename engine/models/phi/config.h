// The first Phi family (Gunasekar et al. 2023): Phi-1, 1.5 and 2, as transformers saves them and as the code that the
// first checkpoints brought along did. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::phi {

// Names of tensors in a folder.
enum class Layout { transformers, phi_msft, mixformer };

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    Activation activation = Activation::gelu_tanh;
    RopeSettings rope;
    bool qk_norm = false;    // queries and keys are normalised, all heads with the same weights
    bool fused_qkv = false;  // one matrix for queries, keys and values
    Layout layout = Layout::transformers;
};

}  // namespace tandem::phi
