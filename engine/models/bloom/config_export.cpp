// What a written BLOOM says of itself.
#include "engine/models/bloom/config.h"
#include "engine/models/family_export.h"

namespace tandem::bloom {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.residual_after_norm) {
        return not_writable("sums that start from the normalised input are not part of llama.cpp's BLOOM");
    }
    GgufKeys keys("bloom");
    keys.shape(shape);
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    return keys.take();
}

}  // namespace tandem::bloom
