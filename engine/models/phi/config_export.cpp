// What a written Phi-1 to 2 says of itself.
#include "engine/models/family_export.h"
#include "engine/models/phi/config.h"

namespace tandem::phi {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::gelu_tanh || own.qk_norm) {
        return not_writable(
            "an activation other than gelu_new, or norms of queries and keys, are not part of llama.cpp's "
            "Phi-2");
    }
    GgufKeys keys("phi2");
    keys.shape(shape);
    keys.repeat_tied_output();
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::phi
