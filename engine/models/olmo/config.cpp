#include "engine/models/olmo/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::olmo {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<double> checked_clip(double clip, const std::string& origin) {
    if (!(clip > 0 && clip <= 1e6)) {
        return Error{.code = "CFG_RANGE",
                     .message = "clip_qkv is " + std::to_string(clip) +
                                ", allowed are numbers above 0 to 1e6; nothing was loaded",
                     .where = origin,
                     .kind = ErrorKind::bad_input};
    }
    return clip;
}

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
    if (config.has("clip_qkv")) {
        own.clip_qkv = TANDEM_TRY(checked_clip(TANDEM_TRY(config.real("clip_qkv")), config.origin()));
    }
    own.rope = TANDEM_TRY(read_whole_rope(config, shape));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    const double clip = TANDEM_TRY(config.real("attention.clamp_kqv", 0));
    own.clip_qkv = clip == 0 ? 0 : TANDEM_TRY(checked_clip(clip, config.file().origin()));
    own.rope = TANDEM_TRY(read_whole_rope(config, shape));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "olmo",
                                    .model_types = {"olmo"},
                                    .gguf_architectures = {"olmo"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::olmo
