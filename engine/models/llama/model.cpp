#include "engine/models/layer_types.h"
#include "engine/models/llama/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::llama {

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    RotaryParts parts = take_ends(load, config.norm_epsilon, config.rope);
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string mlp = "model.layers." + std::to_string(index) + ".mlp.";
        RotaryLayer layer = take_layer_without_mlp(load, index, config.norm_epsilon, window_of(config.windows, index));
        layer.rotates = config.rotates.empty() || config.rotates[static_cast<std::size_t>(index)];
        // A file that repeats the shared block is taken at its word, layer by layer.
        const bool shares = config.shared_mlp && index > 0 && !load.weights.has(mlp + "gate_proj.weight");
        layer.mlp = shares ? parts.layers.front().mlp : load.weights.gated_mlp(mlp, config.activation);
        parts.layers.push_back(std::move(layer));
    }
    return load.finish<RotaryDecoder>(std::move(parts));
}

}  // namespace tandem::llama
