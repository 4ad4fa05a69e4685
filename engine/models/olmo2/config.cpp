#include "engine/models/olmo2/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::olmo2 {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 32,
                                                      .hidden = 4096,
                                                      .heads = 32,
                                                      .ffn = 11008,
                                                      .vocab = 50304,
                                                      .context = 2048,
                                                      .own_head_dim = true}));
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-5)), config.origin()));
    own.rope = TANDEM_TRY(read_whole_rope(config, shape));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    own.rope = TANDEM_TRY(read_whole_rope(config, shape));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "olmo2",
                                    .model_types = {"olmo2"},
                                    .gguf_architectures = {"olmo2"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::olmo2
