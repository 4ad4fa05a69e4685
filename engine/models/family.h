// What is known of a family without its weights: the names it goes by, how its configuration reads, which tensors it
// has. No torch: planning and `tandem model info` link this. The part that computes is in registry.h.
// Thread rule: const, shared freely.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/models/config_reader.h"
#include "engine/models/family_export.h"
#include "engine/models/gguf_config.h"
#include "engine/models/tensor_list.h"

namespace tandem {

struct FamilyDescription {
    std::string_view name;                             // ModelShape::architecture and the folder's name
    std::vector<std::string_view> model_types;         // "model_type" of config.json
    std::vector<std::string_view> gguf_architectures;  // "general.architecture"
    // Absent keys have the defaults of transformers 5.17's configuration class of that model type. Variants that would
    // be computed wrongly are refused (CFG_UNSUPPORTED). Everything is read before any product of sizes is made.
    Result<ModelShape> (*from_config)(const ConfigReader& config);
    Result<ModelShape> (*from_gguf)(const GgufConfig& config);  // null where gguf_architectures is empty
    TensorList (*tensors)(const ModelShape& shape);
    // The inverse of the two readers, for writing models; null where this version does not write the family so.
    Result<GgufDescription> (*to_gguf)(const ModelShape& shape) = nullptr;
    Result<nlohmann::ordered_json> (*to_config)(const ModelShape& shape) = nullptr;
};

// In the order of families.h.
std::span<const FamilyDescription* const> family_descriptions();

// Null where there is none.
const FamilyDescription* family_description(std::string_view name);

// The family's own configuration of a shape that its readers made.
template <class Config>
const Config& config_of(const ModelShape& shape) {
    return static_cast<const Config&>(*shape.config);
}

}  // namespace tandem
