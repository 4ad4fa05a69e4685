#include "engine/models/phi3/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::phi3 {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 32,
                                                      .hidden = 3072,
                                                      .heads = 32,
                                                      .ffn = 8192,
                                                      .vocab = 32064,
                                                      .context = 4096,
                                                      .own_head_dim = true}));
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-5)), config.origin()));
    own.window = TANDEM_TRY(config.integer("sliding_window", 0));
    TANDEM_TRY(check_range("the sliding window", own.window, 0, 1 << 30, config.origin()));
    const RopeDefaults rotary{
        .head_dim = shape.head_dim, .theta = 10000, .context = shape.context, .original_context = 4096};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// llama.cpp reads the window and does not apply it; what the model was trained with is applied here.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    own.window = TANDEM_TRY(config.integer("attention.sliding_window", 0));
    TANDEM_TRY(check_range("the sliding window", own.window, 0, 1 << 30, config.file().origin()));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)}, {"window", describe_window(window)}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "phi3",
                                    .model_types = {"phi3"},
                                    .gguf_architectures = {"phi3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::phi3
