// DINOv2 (Oquab et al. 2024), and the variant with register tokens (Darcet et al. 2024). No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/vision_config.h"

namespace tandem::dinov2 {

struct Config : VisionConfig {
    bool qkv_bias = true;
    bool gated = false;          // the feed-forward block is SwiGLU
    std::int64_t registers = 0;  // tokens between the class token and the patches
    bool antialias = false;      // of stretched positions
};

}  // namespace tandem::dinov2
