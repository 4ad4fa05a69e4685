// OpenLM's models (Gururangan et al. 2023), DCLM (Li et al. 2024) among them: layer norms with a gain, queries and keys
// normalised over their whole width, gated feed-forward blocks. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/rope_settings.h"

namespace tandem::openlm {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    RopeSettings rope;
    bool norm_bias = false;
    bool query_key_norms = false;
    bool embedding_norm = false;

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::openlm
