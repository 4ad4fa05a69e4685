// The scales that MiniCPM (Hu et al. 2024, section 3) gives embeddings, residuals and logits. Errors: CFG_*.
// Thread rule: stateless.
#pragma once

#include <optional>

#include "engine/models/config_reader.h"

namespace tandem {

struct WidthScales {
    double embedding = 1;
    double residual = 1;
    double output = 1;
};

// What a configuration says without these keys; an absent depth or base scales nothing.
struct WidthScaleDefaults {
    double scale_emb = 1;
    std::optional<double> scale_depth;
    std::optional<double> dim_model_base;
};

// scale_emb, scale_depth / sqrt(layers) and dim_model_base / hidden.
Result<WidthScales> read_width_scales(const ConfigReader& config, std::int64_t layers, std::int64_t hidden,
                                      const WidthScaleDefaults& defaults);

// Finite, not 0 and of sane size. Errors: CFG_RANGE.
Result<WidthScales> checked_scales(const WidthScales& scales, const std::string& origin);

}  // namespace tandem
