// The first Qwen (Bai et al. 2023): one product with a bias for query, key and value; beyond the trained length a
// larger rotary base by the prompt's length, and queries that grow with the logarithm of their position. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/rope_settings.h"

namespace tandem::qwen {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;
    std::int64_t trained_length = 8192;
    bool dynamic_ntk = true;  // the base grows with prompts longer than trained_length
    bool log_n = true;        // queries beyond trained_length are scaled
    bool bias = false;        // of all products but that of query, key and value, which always has one

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::qwen
