#include "engine/models/width_scales.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tandem {
namespace {

Result<std::optional<double>> real_or_none(const ConfigReader& config, const char* key, std::optional<double> absent) {
    if (config.says_null(key)) {
        return std::optional<double>();
    }
    if (!config.has(key)) {
        return absent;
    }
    return std::optional(TANDEM_TRY(config.real(key)));
}

}  // namespace

Result<WidthScales> read_width_scales(const ConfigReader& config, std::int64_t layers, std::int64_t hidden,
                                      const WidthScaleDefaults& defaults) {
    // Sizes that the checks of ranges will refuse make no difference here.
    const double depth = std::sqrt(static_cast<double>(std::max<std::int64_t>(layers, 1)));
    const double width = static_cast<double>(std::max<std::int64_t>(hidden, 1));
    const auto scale_depth = TANDEM_TRY(real_or_none(config, "scale_depth", defaults.scale_depth));
    const auto base = TANDEM_TRY(real_or_none(config, "dim_model_base", defaults.dim_model_base));
    const WidthScales scales{.embedding = TANDEM_TRY(config.real("scale_emb", defaults.scale_emb)),
                             .residual = scale_depth.value_or(depth) / depth,
                             .output = base.value_or(width) / width};
    return checked_scales(scales, config.origin());
}

Result<WidthScales> checked_scales(const WidthScales& scales, const std::string& origin) {
    const std::array<std::pair<const char*, double>, 3> all{
        {{"embeddings", scales.embedding}, {"residuals", scales.residual}, {"logits", scales.output}}};
    for (const auto& [name, scale] : all) {
        if (!(std::abs(scale) >= 1e-6 && std::abs(scale) <= 1e6)) {
            return Error{.code = "CFG_RANGE",
                         .message = std::string("the scale of ") + name + " is " + std::to_string(scale) +
                                    ", allowed is 0.000001 to 1000000 and its negative; nothing was loaded",
                         .where = origin,
                         .kind = ErrorKind::bad_input};
        }
    }
    return scales;
}

}  // namespace tandem
