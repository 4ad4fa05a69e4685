// How projected vectors enter the small model's sequence (LLM-to-SLM): added, in place, or before. Differentiable:
// nothing in place. Thread rule: stateless. Errors: exceptions of libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>

#include "engine/api/pairing_options.h"
#include "engine/pairing/alignment.h"

namespace tandem {

struct Sequence {
    at::Tensor vectors;  // f32 [batch, tokens, hidden]
    at::Tensor mask;     // bool [batch, tokens], false for padding; undefined: there is none

    at::Tensor whole_mask() const;  // all true where there is none
};

struct FusedSequence {
    Sequence sequence;
    at::Tensor begins;  // i64 [batch], where each row's own tokens begin: 0 unless something was put before
};

// The small model's own vectors and the guidance.
//   add, replace with one vector for each token: guidance [batch, tokens, hidden] with a mask that is true for prompt
//     tokens: padding and responses stay as they are, in training as in use.
//   prepend: guidance [batch, source, hidden] stands before each row's own; what is padding in either goes behind
//     (rows are padded on the right).
//   replace otherwise: the guidance alone.
FusedSequence fuse(const PairingSettings& settings, const Sequence& own, const Sequence& guidance);

// Vectors f32 [source, width] of a large model's tokens as one for each range, f32 [ranges, width]: the mean of the
// range's, or its last.
at::Tensor pool(const at::Tensor& vectors, std::span<const PositionRange> ranges, Pooling pooling);

}  // namespace tandem
