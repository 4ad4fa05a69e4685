#include "engine/models/clip_vision/config.h"

namespace tandem::clip_vision {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_tower(const ConfigReader& config) {
    const VisionDefaults defaults{.patch = 32, .norm_epsilon = 1e-5, .activation = "quick_gelu", .rectangles = false};
    ModelShape shape;
    Config own;
    TANDEM_TRY(read_vision(config, defaults, shape, own));
    own.exact_size = true;
    TANDEM_TRY(config.refuse_unread());
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    if (type == "clip") {
        // The older key holds everything where it is there.
        return from_tower(TANDEM_TRY(vision_tower(config, {"vision_config_dict", "vision_config"})));
    }
    return from_tower(config);
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "clip_vision",
                                    .model_types = {"clip_vision_model", "clip"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::clip_vision
