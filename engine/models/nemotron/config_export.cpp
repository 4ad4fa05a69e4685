// What a written Nemotron says of itself.
#include "engine/models/family_export.h"
#include "engine/models/nemotron/config.h"

namespace tandem::nemotron {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != Activation::relu_squared) {
        return not_writable("an activation other than relu2 is not part of llama.cpp's Nemotron");
    }
    GgufKeys keys("nemotron");
    keys.shape(shape);
    keys.repeat_tied_output();
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::nemotron
