// The families of models that Tandem computes: one line each, the name of its folder. Everything else about a family
// is in that folder: NAME::description (torch-free: config.cpp, tensors.cpp) and NAME::load (model.cpp). CMakeLists.txt
// reads this list.
#pragma once

// clang-format off
#define TANDEM_FAMILIES(FAMILY) \
    FAMILY(bart) \
    FAMILY(llama) \
    FAMILY(t5) \
    FAMILY(t5gemma) \
    FAMILY(tandem_encoder_decoder)
// clang-format on
