// What a written Phi-3 says of itself.
#include "engine/models/family_export.h"
#include "engine/models/phi3/config.h"

namespace tandem::phi3 {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::silu) {
        return not_writable("an activation other than silu is not part of llama.cpp's Phi-3");
    }
    // llama.cpp's converter writes the window and its reader attends to everything; Tandem's reader applies it.
    GgufKeys keys("phi3");
    keys.shape(shape);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    keys.u32("attention.sliding_window", own.window);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::phi3
