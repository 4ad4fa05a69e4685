// What a written GPT-NeoX says of itself.
#include "engine/models/family_export.h"
#include "engine/models/gpt_neox/config.h"

namespace tandem::gpt_neox {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    // llama.cpp computes the tanh approximation, whichever of the two a model was trained with.
    if ((own.activation != Activation::gelu && own.activation != Activation::gelu_tanh) || !own.attention_bias) {
        return not_writable(
            "an activation other than gelu, or attention without biases, are not part of llama.cpp's "
            "GPT-NeoX");
    }
    GgufKeys keys("gptneox");
    keys.shape(shape);
    keys.repeat_tied_output();
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    keys.truth("use_parallel_residual", own.parallel_residual);
    TANDEM_TRY(keys.rope(own.rope));
    return keys.take();
}

}  // namespace tandem::gpt_neox
