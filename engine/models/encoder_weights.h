// The weights of an encoder-decoder that only reads: what is its decoder's alone is looked for in the file and checked,
// but not read, and stands as a tensor without memory (torch's meta device), with which nothing can be computed.
// Errors: those of the source below. Thread rule: one thread at a time.
#pragma once

#include <memory>

#include "engine/models/weight_source.h"

namespace tandem {

// `base` is read for tensors of the encoder alone.
std::unique_ptr<WeightSource> encoder_weights(std::unique_ptr<WeightSource> base);

}  // namespace tandem
