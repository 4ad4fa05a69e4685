// The vision tower of CLIP (Radford et al. 2021), alone or out of a checkpoint that has the text tower too. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/vision_config.h"

namespace tandem::clip_vision {

struct Config : VisionConfig {};

}  // namespace tandem::clip_vision
