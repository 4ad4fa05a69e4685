#include "engine/models/layer_types.h"
#include "engine/models/qwen2/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::qwen2 {

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    RotaryParts parts = take_ends(load, config.norm_epsilon, config.rope);
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        parts.layers.push_back(
            take_layer(load, index, config.norm_epsilon, config.activation, window_of(config.windows, index)));
    }
    return load.finish<RotaryDecoder>(std::move(parts));
}

}  // namespace tandem::qwen2
