// What a written OLMo 2 says of itself.
#include "engine/models/family_export.h"
#include "engine/models/olmo2/config.h"

namespace tandem::olmo2 {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::silu || own.attention_bias) {
        return not_writable("an activation other than silu, or biases, are not part of llama.cpp's OLMo 2");
    }
    GgufKeys keys("olmo2");
    keys.shape(shape);
    keys.repeat_tied_output();
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::olmo2
