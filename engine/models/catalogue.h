// Shapes that `random:ID` names, for measuring latency and memory without a download. Thread rule: const, shared
// freely.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/api/model_facts.h"

namespace tandem {

struct CatalogueModel {
    std::string id;
    std::string checkpoint;                // the published model whose shape it is
    std::int64_t reported_parameters = 0;  // as its publisher says
    ModelShape shape;
};

// In the order of experiments/catalog/models.yaml.
std::span<const CatalogueModel> catalogue();

}  // namespace tandem
