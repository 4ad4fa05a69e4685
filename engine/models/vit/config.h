// The Vision Transformer (Dosovitskiy et al. 2021) as ViTModel and the classifiers over it. No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/vision_config.h"

namespace tandem::vit {

struct Config : VisionConfig {
    bool qkv_bias = true;
    std::int64_t pooled_size = 0;
    Activation pooled_activation = Activation::tanh;
};

}  // namespace tandem::vit
