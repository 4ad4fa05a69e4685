// T5Gemma (Zhang et al. 2025): Gemma 2's blocks as encoder and decoder, whose shapes may differ. No torch.
// Thread rule: plain data.
#pragma once

#include <vector>

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::t5gemma {

struct StackConfig {
    std::int64_t layers = 0;
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t ffn = 0;
    std::int64_t vocab = 0;
    std::int64_t context = 0;
    double norm_epsilon = 1e-6;
    double attention_scale = 1;
    double attention_softcap = 0;       // 0: none
    double logits_softcap = 0;          // decoder only
    std::vector<std::int64_t> windows;  // of each layer; 0: all
    RopeSettings rope;
    Activation activation = Activation::gelu_tanh;
    bool attention_bias = false;
};

struct Config : FamilyConfig {
    std::vector<std::pair<std::string, std::string>> details() const override;

    StackConfig encoder;
    StackConfig decoder;
    std::int64_t padding = 0;  // the id that the encoder leaves out where it is given no mask
};

}  // namespace tandem::t5gemma
