// Shapes that `random:ID` names, for measuring latency and memory without a download. Thread rule: const, shared
// freely.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct CatalogueModel {
    std::string id;
    std::vector<std::string> aliases;      // other names for the same row
    std::string checkpoint;                // the published model whose shape it is
    std::int64_t reported_parameters = 0;  // as its publisher says
    std::int64_t exact_parameters = 0;     // as the reference code of the family counts them
    std::string note;                      // why the computed count differs, where it does by more than 1 %
    std::string config;                    // JSON as in the checkpoint's config.json
};

// In the order of experiments/catalog/models.yaml.
std::span<const CatalogueModel> catalogue();

// By id, alias or checkpoint, without regard to case. Errors: MODEL_NOT_IN_CATALOGUE with the nearest ids.
Result<const CatalogueModel*> catalogue_model(std::string_view id);

}  // namespace tandem
