// The OPT family (Zhang et al. 2022), Galactica (Taylor et al. 2022) among it. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"

namespace tandem::opt {

inline constexpr std::int64_t position_offset = 2;  // the table of positions has two rows that no token reads
inline constexpr double norm_epsilon = 1e-5;

struct Config : FamilyConfig {
    Activation activation = Activation::relu;
    std::int64_t embedding_dim = 0;  // of tokens; projected where it is not the hidden size
    bool norm_first = true;          // norms before attention and feed-forward; false: behind the residual sums
    bool final_norm = true;
    bool norm_weights = true;
    bool bias = true;
};

}  // namespace tandem::opt
