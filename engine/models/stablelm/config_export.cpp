// What a written StableLM says of itself.
#include "engine/models/family_export.h"
#include "engine/models/stablelm/config.h"

namespace tandem::stablelm {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::silu) {
        return not_writable("an activation other than silu is not part of llama.cpp's StableLM");
    }
    if (own.qk_norm && !own.stacked_norms) {
        return not_writable(
            "norms of each head are one tensor in a GGUF and several in a folder, which this version does "
            "not put together");
    }
    GgufKeys keys("stablelm");
    keys.shape(shape);
    keys.repeat_tied_output();
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    keys.truth("use_parallel_residual", own.parallel_residual);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::stablelm
