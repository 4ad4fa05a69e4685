// adapter_config.json of a LoRA adapter: of what is accepted every module has a rank and a finite scale, or the reason
// why not.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/models/adapter_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto config =
        tandem::parse_adapter_config({reinterpret_cast<const char*>(data), size}, "adapter_config.json");
    if (!config.ok()) {
        return 0;
    }
    if (config->rank < 1 || !std::isfinite(config->alpha)) {
        std::abort();
    }
    for (const std::string_view module :
         {"", "q_proj", "model.layers.10.self_attn.q_proj", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}) {
        (void)config->targets(module).ok();
        const auto rank = config->rank_of(module);
        const auto scale = config->scale_of(module);
        if ((rank.ok() && *rank < 1) || (scale.ok() && !std::isfinite(*scale))) {
            std::abort();
        }
    }
    return 0;
}
