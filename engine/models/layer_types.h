// Which layers of a decoder attend within a window, as configurations of transformers say it.
// Errors: CFG_*. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/models/config_reader.h"

namespace tandem {

// "layer_types" of full_attention and sliding_attention; where it is absent, by the family's own rule. Returns for each
// layer how many keys a position sees, its own included, 0: all. `window` 0: there is none, and a layer that asks for
// one is refused. Empty for a number of layers that the checks of ranges will refuse.
Result<std::vector<std::int64_t>> read_windows(const ConfigReader& config, std::int64_t layers, std::int64_t window,
                                               const std::function<bool(std::int64_t layer)>& slides);

// "512 tokens in 5 of 6 layers", "all tokens", for people.
std::string describe_windows(const std::vector<std::int64_t>& windows);

// What a layer without a window of its own sees.
inline std::int64_t window_of(const std::vector<std::int64_t>& windows, std::int64_t layer) {
    return windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
}

}  // namespace tandem
