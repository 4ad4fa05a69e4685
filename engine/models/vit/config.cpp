#include "engine/models/vit/config.h"

#include "engine/models/inspect_check.h"

namespace tandem::vit {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    TANDEM_TRY(read_vision(config, {.patch = 16, .norm_epsilon = 1e-12}, shape, own));
    own.exact_size = true;
    own.qkv_bias = TANDEM_TRY(config.truth("qkv_bias", true));
    own.pooled_size = TANDEM_TRY(config.integer("pooler_output_size", 0));
    own.pooled_size = own.pooled_size == 0 ? shape.hidden : own.pooled_size;
    TANDEM_TRY(check_range("the pooled size", own.pooled_size, 1, 1 << 20, config.origin()));
    const std::string pooled = TANDEM_TRY(config.text("pooler_act", "tanh"));
    const auto activation = activation_of(pooled);
    if (!activation) {
        return config.unsupported("the pooler's activation '" + pooled.substr(0, 40) + "'");
    }
    own.pooled_activation = *activation;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "vit",
                                    .model_types = {"vit"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::vit
