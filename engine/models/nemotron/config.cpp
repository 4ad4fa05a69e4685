#include "engine/models/nemotron/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::nemotron {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 32,
                                                      .hidden = 6144,
                                                      .heads = 48,
                                                      .ffn = 24576,
                                                      .vocab = 256000,
                                                      .context = 4096,
                                                      .own_head_dim = true}));
    Config own;
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("norm_eps", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("hidden_act", "relu2"));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.mlp_bias = TANDEM_TRY(config.truth("mlp_bias", false));
    own.rope = TANDEM_TRY(
        read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .partial = 0.5, .context = shape.context}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    own.attention_bias = config.has_tensor("blk.0.attn_q.bias");
    own.mlp_bias = config.has_tensor("blk.0.ffn_up.bias");
    own.rope = TANDEM_TRY(read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .context = shape.context}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "nemotron",
                                    .model_types = {"nemotron"},
                                    .gguf_architectures = {"nemotron"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::nemotron
