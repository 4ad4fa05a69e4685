// What a written T5 says of itself.
#include "engine/models/family_export.h"
#include "engine/models/t5/config.h"

namespace tandem::t5 {

Result<GgufDescription> to_gguf(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    if (own.activation != (own.gated ? Activation::gelu_tanh : Activation::relu)) {
        return not_writable(
            "an activation other than relu, or gelu_new where it is gated, is not part of llama.cpp's T5");
    }
    if (own.scaled_output != shape.tied_embeddings) {
        return not_writable("a GGUF cannot say whether the output is scaled, and readers go by whether it is tied");
    }
    if (own.max_distance != 128) {
        return not_writable("a largest distance other than 128 is not part of llama.cpp's T5");
    }
    GgufKeys keys("t5");
    keys.u32("context_length", shape.context > 0 ? shape.context : 512);  // what published models were trained with
    keys.u32("embedding_length", shape.hidden);
    keys.u32("feed_forward_length", shape.ffn);
    keys.u32("block_count", shape.encoder_layers);
    keys.u32("decoder_block_count", shape.layers);
    keys.u32("attention.head_count", shape.heads);
    keys.u32("attention.key_length", shape.head_dim);
    keys.u32("attention.value_length", shape.head_dim);
    keys.u32("attention.relative_buckets_count", own.buckets);
    keys.f32("attention.layer_norm_epsilon", own.norm_epsilon);
    keys.f32("attention.layer_norm_rms_epsilon", own.norm_epsilon);
    keys.u32("decoder_start_token_id", shape.target.start);
    keys.u32("vocab_size", shape.vocab);
    return keys.take();
}

}  // namespace tandem::t5
