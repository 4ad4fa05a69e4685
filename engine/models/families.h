// The families of models that Tandem computes: one line each, the name of its folder. Everything else about a family
// is in that folder: NAME::description (torch-free: config.cpp, tensors.cpp) and NAME::load (model.cpp). CMakeLists.txt
// reads this list.
#pragma once

// clang-format off
#define TANDEM_FAMILIES(FAMILY) \
    FAMILY(gemma) \
    FAMILY(llama) \
    FAMILY(minicpm) \
    FAMILY(minicpm3) \
    FAMILY(openelm) \
    FAMILY(openlm) \
    FAMILY(phi3) \
    FAMILY(qwen) \
    FAMILY(qwen2) \
    FAMILY(recurrent_gemma)
// clang-format on
