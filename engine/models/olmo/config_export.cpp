// What a written OLMo says of itself.
#include "engine/models/family_export.h"
#include "engine/models/olmo/config.h"

namespace tandem::olmo {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::silu || own.attention_bias) {
        return not_writable("an activation other than silu, or biases, are not part of llama.cpp's OLMo");
    }
    GgufKeys keys("olmo");
    keys.shape(shape);
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    if (own.clip_qkv != 0) {
        keys.f32("attention.clamp_kqv", own.clip_qkv);
    }
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::olmo
