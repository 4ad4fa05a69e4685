// The families of models that Tandem computes: one line each, the name of its folder. Everything else about a family
// is in that folder: NAME::description (torch-free: config.cpp, tensors.cpp) and NAME::load (model.cpp). CMakeLists.txt
// reads this list.
#pragma once

// clang-format off
#define TANDEM_FAMILIES(FAMILY) \
    FAMILY(bart) \
    FAMILY(bloom) \
    FAMILY(clip_vision) \
    FAMILY(dinov2) \
    FAMILY(gpt2) \
    FAMILY(gpt_neox) \
    FAMILY(llama) \
    FAMILY(nemotron) \
    FAMILY(olmo) \
    FAMILY(olmo2) \
    FAMILY(opt) \
    FAMILY(phi) \
    FAMILY(siglip_vision) \
    FAMILY(stablelm) \
    FAMILY(t5) \
    FAMILY(t5gemma) \
    FAMILY(tandem_encoder_decoder) \
    FAMILY(vit)
// clang-format on
