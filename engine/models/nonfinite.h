// Weights that are infinite or not a number: a format allows them, a reader of results should know.
// Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/tensor/tensor_type.h"

namespace tandem {

// How many numbers of a plain type, or half-precision scales of a quantised one, are not finite. Reads all of `data`
// from memory, with libtorch's intra-op threads.
std::int64_t count_nonfinite(TensorType type, std::span<const std::byte> data);

}  // namespace tandem
