#include "engine/models/minicpm/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::minicpm {

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    RotaryParts parts = take_ends(load, config.norm_epsilon, config.rope);
    parts.embedding_scale = config.embedding_scale;
    parts.residual_scale = config.residual_scale;
    parts.output_scale = config.output_scale;
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        parts.layers.push_back(take_layer(load, index, config.norm_epsilon, config.activation));
    }
    return load.finish<RotaryDecoder>(std::move(parts));
}

}  // namespace tandem::minicpm
