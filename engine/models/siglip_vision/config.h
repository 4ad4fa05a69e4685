// The vision tower of SigLIP (Zhai et al. 2023), alone or out of a checkpoint that has the text tower too. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/vision_config.h"

namespace tandem::siglip_vision {

struct Config : VisionConfig {
    bool pooled = true;  // there is a head that attends to all patches
};

}  // namespace tandem::siglip_vision
