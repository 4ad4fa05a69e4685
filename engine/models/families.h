// The families of models that Tandem computes: one line each, the name of its folder. Everything else about a family
// is in that folder: NAME::description (torch-free: config.cpp, tensors.cpp) and NAME::load (model.cpp). CMakeLists.txt
// reads this list.
#pragma once

// clang-format off
#define TANDEM_FAMILIES(FAMILY) \
    FAMILY(bloom) \
    FAMILY(clip_vision) \
    FAMILY(dinov2) \
    FAMILY(gemma) \
    FAMILY(gpt2) \
    FAMILY(gpt_neox) \
    FAMILY(llama) \
    FAMILY(minicpm) \
    FAMILY(minicpm3) \
    FAMILY(nemotron) \
    FAMILY(olmo) \
    FAMILY(olmo2) \
    FAMILY(openelm) \
    FAMILY(openlm) \
    FAMILY(opt) \
    FAMILY(phi) \
    FAMILY(phi3) \
    FAMILY(qwen) \
    FAMILY(qwen2) \
    FAMILY(recurrent_gemma) \
    FAMILY(siglip_vision) \
    FAMILY(stablelm) \
    FAMILY(vit)
// clang-format on
