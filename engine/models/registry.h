// The families of models that can be computed, as one list. A family is a folder beside this file and a line in
// registry.cpp. Thread rule: const, shared freely.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/models/causal_lm.h"
#include "engine/models/weight_format.h"
#include "engine/models/weight_source.h"

namespace tandem {

// What a family is given to make a model of.
struct FamilyLoad {
    const ModelShape& shape;
    std::string_view format;  // "gguf", "safetensors" or "random": decides the names of tensors
    WeightSource& source;
    Dtype dtype;
    at::Device device;
};

struct Family {
    std::string_view name;  // ModelShape::architecture
    Result<std::shared_ptr<const CausalLm>> (*load)(const FamilyLoad& load);
};

std::span<const Family> families();

}  // namespace tandem
