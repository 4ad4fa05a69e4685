// Gemma 1 (Gemma Team 2024), Gemma 2 (Gemma Team 2024: soft caps, norms after each block, every second layer local) and
// the text decoder of Gemma 3 (Gemma Team 2025: normalised heads, a rotation of its own for local layers). No torch.
// Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"
#include "engine/nn/rope_settings.h"

namespace tandem::gemma {

struct Config : FamilyConfig {
    double norm_epsilon = 1e-6;
    RopeSettings rope;                  // of layers that see everything
    RopeSettings local_rope;            // of layers with a window
    std::vector<std::int64_t> windows;  // keys that a position of a layer sees, its own included; 0: all
    Activation activation = Activation::gelu_tanh;
    double attention_scale = 0;    // of the scores; 0: 1 / sqrt(head_dim)
    double attention_softcap = 0;  // 0: none
    double output_softcap = 0;     // of the logits; 0: none
    bool attention_bias = false;
    bool post_norms = false;     // what attention and mlp give is normalised before it is added (Gemma 2 and 3)
    bool head_norms = false;     // queries and keys are normalised before they are rotated (Gemma 3)
    bool with_pictures = false;  // the file also has a vision encoder, which is not used

    std::vector<std::pair<std::string, std::string>> details() const override;
};

}  // namespace tandem::gemma
