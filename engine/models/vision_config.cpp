#include "engine/models/vision_config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "engine/models/inspect_check.h"

namespace tandem {
namespace {

using HeightWidth = std::pair<std::int64_t, std::int64_t>;

constexpr std::int64_t largest_side = 1 << 14;

std::string size_text(std::int64_t height, std::int64_t width) {
    return std::to_string(height) + " x " + std::to_string(width);
}

// One number for a square or, where a family allows it, [height, width].
Result<HeightWidth> read_size(const ConfigReader& config, const char* key, std::int64_t absent, bool rectangles) {
    HeightWidth size;
    if (rectangles && config.value(key).is_array()) {
        const std::vector<std::int64_t> sides = TANDEM_TRY(config.integers(key));
        if (sides.size() != 2) {
            return config.fault("CFG_TYPE", std::string(key) +
                                                ": need one number or [height, width], found a list of " +
                                                std::to_string(sides.size()));
        }
        size = {sides[0], sides[1]};
    } else {
        const std::int64_t side = TANDEM_TRY(config.integer(key, absent));
        size = {side, side};
    }
    TANDEM_TRY(check_range(key, size.first, 1, largest_side, config.origin()));
    TANDEM_TRY(check_range(key, size.second, 1, largest_side, config.origin()));
    return size;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> VisionConfig::details() const {
    return {{"image size", size_text(image_height, image_width)},
            {"patch size", size_text(patch_height, patch_width)},
            {"patches", size_text(rows(), columns())},
            {"channels", std::to_string(channels)}};
}

Result<void> read_vision(const ConfigReader& config, const VisionDefaults& defaults, ModelShape& shape,
                         VisionConfig& own) {
    shape.kind = ModelKind::vision_encoder;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 12));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 768));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 12));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    if (defaults.has_ffn_size) {
        shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 3072));
    }
    std::tie(own.image_height, own.image_width) = TANDEM_TRY(read_size(config, "image_size", 224, defaults.rectangles));
    std::tie(own.patch_height, own.patch_width) =
        TANDEM_TRY(read_size(config, "patch_size", defaults.patch, defaults.rectangles));
    if (own.patches() < 1) {
        return config.fault("CFG_RANGE", "patches of " + size_text(own.patch_height, own.patch_width) +
                                             " pixels do not fit into pictures of " +
                                             size_text(own.image_height, own.image_width));
    }
    own.channels = TANDEM_TRY(config.integer("num_channels", 3));
    TANDEM_TRY(check_range("the number of channels", own.channels, 1, 16, config.origin()));
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_eps", defaults.norm_epsilon)), config.origin()));
    const std::string activation = TANDEM_TRY(config.text("hidden_act", defaults.activation));
    const auto known = activation_of(activation);
    if (!known) {
        return config.unsupported("the activation '" + activation.substr(0, 40) + "'");
    }
    own.activation = *known;
    shape.context = own.patches();
    return {};
}

Result<ConfigReader> vision_tower(const ConfigReader& config, std::initializer_list<const char*> keys) {
    static const nlohmann::json no_keys = nlohmann::json::object();
    config.warn(
        "W_TEXT_TOWER: the checkpoint has a text tower and projections too, which turn no picture into vectors and are "
        "not loaded");
    for (const char* key : keys) {
        if (config.has(key)) {
            return config.object(key);
        }
    }
    return ConfigReader(no_keys, config.origin());
}

namespace {

// Stretched positions come from a square of them; a square picture of the trained size needs no stretching.
bool can_stretch(const VisionConfig& config, std::int64_t height, std::int64_t width) {
    const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(config.patches())));
    const std::int64_t patches = (height / config.patch_height) * (width / config.patch_width);
    return side * side == config.patches() || (patches == config.patches() && height == width);
}

}  // namespace

Result<void> check_picture_size(const VisionConfig& config, std::int64_t height, std::int64_t width) {
    const std::int64_t rows = height / config.patch_height;
    const std::int64_t columns = width / config.patch_width;
    const bool trained = height == config.image_height && width == config.image_width;
    if (config.any_size && rows > 0 && columns > 0) {
        if (!can_stretch(config, height, width)) {
            return Error{.code = "VISION_SIZE",
                         .message = "the model has positions for " + size_text(config.rows(), config.columns()) +
                                    " patches, and only those of a square can be stretched to a picture of " +
                                    size_text(height, width) + " pixels; nothing was computed",
                         .where = "image",
                         .kind = ErrorKind::bad_input};
        }
        return {};
    }
    if (!config.any_size && (trained || (!config.exact_size && rows == config.rows() && columns == config.columns()))) {
        return {};
    }
    return Error{.code = "VISION_SIZE",
                 .message = "the picture is " + size_text(height, width) + " pixels after pre-processing, the model " +
                            (config.any_size ? "needs at least " + size_text(config.patch_height, config.patch_width)
                                             : "has positions for " +
                                                   size_text(config.image_height, config.image_width) + " only") +
                            "; look at size and crop_size of its preprocessor_config.json; nothing was computed",
                 .where = "image",
                 .kind = ErrorKind::bad_input};
}

}  // namespace tandem
