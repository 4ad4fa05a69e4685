#include "engine/models/layer_types.h"

#include <algorithm>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem {

Result<std::vector<std::int64_t>> read_windows(const ConfigReader& config, std::int64_t layers, std::int64_t window,
                                               const std::function<bool(std::int64_t layer)>& slides) {
    TANDEM_TRY(check_range("the sliding window", window, 0, 1 << 30, config.origin()));
    const std::vector<std::string> types = TANDEM_TRY(config.texts("layer_types"));
    std::vector<std::int64_t> windows;
    if (layers < 1 || layers > most_layers) {
        return windows;
    }
    if (!types.empty() && types.size() != static_cast<std::size_t>(layers)) {
        return config.fault("CFG_SHAPE", "layer_types has " + std::to_string(types.size()) +
                                             " entries, need one for each of " + std::to_string(layers) + " layers");
    }
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const std::string type = types.empty() ? (slides(layer) ? "sliding_attention" : "full_attention")
                                               : types[static_cast<std::size_t>(layer)];
        if (type != "full_attention" && type != "sliding_attention") {
            return config.unsupported("a layer of type '" + type.substr(0, 40) + "'");
        }
        if (type == "sliding_attention" && window == 0) {
            return config.fault("CFG_MISSING",
                                "layer " + std::to_string(layer) + " attends within a window and there is none");
        }
        windows.push_back(type == "sliding_attention" ? window : 0);
    }
    return windows;
}

std::string describe_windows(const std::vector<std::int64_t>& windows) {
    const std::int64_t largest = windows.empty() ? 0 : *std::ranges::max_element(windows);
    const auto local = std::ranges::count_if(windows, [](std::int64_t window) { return window > 0; });
    const bool all = static_cast<std::size_t>(local) == windows.size() || local == 0;
    return describe_window(largest) +
           (all ? "" : " in " + std::to_string(local) + " of " + std::to_string(windows.size()) + " layers");
}

}  // namespace tandem
