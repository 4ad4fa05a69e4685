#include "engine/models/minicpm/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"
#include "engine/models/width_scales.h"

namespace tandem::minicpm {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

void set_scales(const WidthScales& scales, Config& own) {
    own.embedding_scale = scales.embedding;
    own.residual_scale = scales.residual;
    own.output_scale = scales.output;
}

// Absent keys as in the configuration class that the checkpoints bring along.
Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 32,
                                                      .hidden = 4096,
                                                      .heads = 32,
                                                      .ffn = 11008,
                                                      .vocab = 32000,
                                                      .context = 2048,
                                                      .tied = true,
                                                      .own_head_dim = true}));
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.output_bias = own.attention_bias;
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    set_scales(TANDEM_TRY(read_width_scales(config, shape.layers, shape.hidden,
                                            {.scale_emb = 1, .scale_depth = 1, .dim_model_base = 1})),
               own);
    TANDEM_TRY(config.refuse_unless("sparse_config", nullptr));  // MiniCPM4's attention over chosen blocks
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// logit_scale divides, as llama.cpp's converter writes it; files older than these keys are of the 2B model.
Result<WidthScales> scales_of(const GgufConfig& config, const ModelShape& shape) {
    const double depth = std::sqrt(static_cast<double>(std::max<std::int64_t>(shape.layers, 1)));
    const double width = static_cast<double>(std::max<std::int64_t>(shape.hidden, 1));
    const double divisor = TANDEM_TRY(config.real("logit_scale", width / 256));
    return checked_scales({.embedding = TANDEM_TRY(config.real("embedding_scale", 12)),
                           .residual = TANDEM_TRY(config.real("residual_scale", 1.4 / depth)),
                           .output = 1 / divisor},
                          config.file().origin());
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.attention_bias = config.has_tensor("blk.0.attn_q.bias");
    own.output_bias = config.has_tensor("blk.0.attn_output.bias");
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    set_scales(TANDEM_TRY(scales_of(config, shape)), own);
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)}, {"biases", attention_bias ? "attention" : "none"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "minicpm",
                                    .model_types = {"minicpm"},
                                    .gguf_architectures = {"minicpm"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::minicpm
