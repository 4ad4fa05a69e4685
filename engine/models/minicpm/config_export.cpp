// What a written MiniCPM says of itself.
#include "engine/models/family_export.h"
#include "engine/models/minicpm/config.h"

namespace tandem::minicpm {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::silu) {
        return not_writable("an activation other than silu is not part of llama.cpp's MiniCPM");
    }
    GgufKeys keys("minicpm");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    keys.f32("embedding_scale", own.embedding_scale);
    keys.f32("residual_scale", own.residual_scale);
    keys.f32("logit_scale", 1 / own.output_scale);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::minicpm
