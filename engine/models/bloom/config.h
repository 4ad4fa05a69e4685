// The BLOOM family (Scao et al. 2022): positions by ALiBi alone. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"

namespace tandem::bloom {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-5;
    bool residual_after_norm = false;  // sums start from the normalised input of a block, not from its input
};

}  // namespace tandem::bloom
