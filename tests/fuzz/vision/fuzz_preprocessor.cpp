// Any bytes as preprocessor_config.json: pictures come out as one batch of whole views, or with the reason why not.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/models/inspect_sources.h"
#include "engine/vision/preprocessor.h"

namespace {

// Large results find no more than small ones and take longer.
bool is_small(const tandem::PreprocessorSettings& settings) {
    constexpr std::int64_t side = 64;
    const auto fits = [](const tandem::HeightWidth& size) { return size.height <= side && size.width <= side; };
    const auto& resize = settings.resize;
    return (!resize || (resize->height <= side && resize->width <= side && resize->shortest <= side)) &&
           (!settings.crop || fits(*settings.crop)) && (!settings.pad_size || fits(*settings.pad_size)) &&
           fits(settings.thumbnail) && std::ranges::all_of(settings.grids, fits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem;
    const auto json = parse_config({reinterpret_cast<const char*>(data), size}, "preprocessor_config.json");
    if (!json.ok()) {
        return 0;
    }
    for (const std::string_view family : {"vit", "siglip_vision", "dinov2", "clip_vision"}) {
        const auto settings = read_preprocessor(ConfigReader(*json, "preprocessor_config.json"), family);
        if (!settings.ok() || !is_small(*settings)) {
            continue;
        }
        for (const auto& [height, width] : {HeightWidth{1, 7}, HeightWidth{20, 12}}) {
            const auto batch = preprocess({Picture::black(height, width)}, *settings);
            if (batch.ok() &&
                (batch->height < 1 || batch->width < 1 || batch->count() < 1 ||
                 batch->values.size() != static_cast<std::size_t>(batch->count() * 3 * batch->height * batch->width))) {
                std::abort();
            }
        }
    }
    return 0;
}
