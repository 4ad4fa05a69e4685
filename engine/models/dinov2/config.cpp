#include "engine/models/dinov2/config.h"

#include "engine/models/inspect_check.h"

namespace tandem::dinov2 {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    const bool registers = type == "dinov2_with_registers";
    ModelShape shape;
    Config own;
    const VisionDefaults defaults{.patch = registers ? 16 : 14, .norm_epsilon = 1e-6, .has_ffn_size = false};
    TANDEM_TRY(read_vision(config, defaults, shape, own));
    own.qkv_bias = TANDEM_TRY(config.truth("qkv_bias", true));
    own.gated = TANDEM_TRY(config.truth("use_swiglu_ffn", false));
    own.any_size = true;
    if (registers) {
        own.registers = TANDEM_TRY(config.integer("num_register_tokens", 4));
        own.antialias = true;
        TANDEM_TRY(check_range("the number of register tokens", own.registers, 0, 1 << 16, config.origin()));
    }
    TANDEM_TRY(check_range("the hidden size", shape.hidden, 1, 1 << 20, config.origin()));
    const double ratio = TANDEM_TRY(config.real("mlp_ratio", 4));
    if (!(ratio > 0 && ratio <= 64)) {
        return config.fault("CFG_RANGE", "mlp_ratio is " + std::to_string(ratio) + ", allowed is above 0 and to 64");
    }
    shape.ffn = static_cast<std::int64_t>(static_cast<double>(shape.hidden) * ratio);
    if (own.gated) {  // two thirds of it, rounded up to a multiple of 8
        shape.ffn = (static_cast<std::int64_t>(static_cast<double>(shape.ffn * 2) / 3) + 7) / 8 * 8;
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "dinov2",
                                    .model_types = {"dinov2", "dinov2_with_registers"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::dinov2
