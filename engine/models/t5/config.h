// The T5 family (Raffel et al. 2020): T5, its gated version 1.1 and Flan-T5 (Chung et al. 2022), mT5 (Xue et al. 2021),
// ByT5 (Xue et al. 2022), UL2 (Tay et al. 2023) and umT5 (Chung et al. 2023). No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"

namespace tandem::t5 {

struct Config : FamilyConfig {
    std::vector<std::pair<std::string, std::string>> details() const override;

    double norm_epsilon = 1e-6;
    std::int64_t buckets = 32;         // of relative positions
    std::int64_t max_distance = 128;   // from here on all distances share a bucket
    bool bias_in_every_layer = false;  // umT5; else all layers of a stack use the first one's
    Activation activation = Activation::relu;
    bool gated = false;
    bool scaled_output = true;  // what the output product reads is multiplied by hidden^-0.5
};

}  // namespace tandem::t5
