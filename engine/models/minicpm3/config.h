// MiniCPM 3: multi-head latent attention (DeepSeek-AI 2024, section 2.1), whose cache keeps a short vector of each
// position for all heads, and MiniCPM's scales. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::minicpm3 {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    RopeSettings rope;
    Activation activation = Activation::silu;
    std::int64_t query_rank = 0;   // of the queries' product in two steps; 0: one step
    std::int64_t latent = 0;       // of the vector that keys and values are made from
    std::int64_t plain_dim = 0;    // of a query and key that is not rotated
    std::int64_t rotated_dim = 0;  // that is
    std::int64_t value_dim = 0;
    double score_scale = 1;
    double embedding_scale = 1;
    double residual_scale = 1;  // of what each half of a layer adds
    double output_scale = 1;    // of the last norm's result
    bool attention_bias = false;
    bool mlp_bias = false;

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::minicpm3
