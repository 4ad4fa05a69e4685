#include "engine/models/siglip_vision/config.h"

namespace tandem::siglip_vision {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_tower(const ConfigReader& config) {
    const VisionDefaults defaults{
        .patch = 16, .norm_epsilon = 1e-6, .activation = "gelu_pytorch_tanh", .rectangles = false};
    ModelShape shape;
    Config own;
    TANDEM_TRY(read_vision(config, defaults, shape, own));
    own.pooled = TANDEM_TRY(config.truth("vision_use_head", true));
    TANDEM_TRY(config.refuse_unread());
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    if (type == "siglip") {
        return from_tower(TANDEM_TRY(vision_tower(config, {"vision_config"})));
    }
    return from_tower(config);
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "siglip_vision",
                                    .model_types = {"siglip_vision_model", "siglip"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::siglip_vision
