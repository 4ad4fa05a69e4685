// MiniCPM 1 and 2 (Hu et al. 2024): Llama's layers with scaled embeddings, residuals and logits, which make the best
// learning rate the same at every width. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::minicpm {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    Activation activation = Activation::silu;
    double embedding_scale = 1;
    double residual_scale = 1;  // of what each half of a layer adds
    double output_scale = 1;    // of the last norm's result
    bool attention_bias = false;
    bool output_bias = false;

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::minicpm
