// Position vectors of sines and cosines (Vaswani et al. 2017, section 3.5), the sines in the first half. Thread rule:
// stateless.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

// How the wave lengths run from 2 pi to 10000 * 2 pi.
enum class Waves {
    paper,      // 10000^(2i / size): the last falls short of 10000 (Marian, Pegasus)
    inclusive,  // 10000^(i / (size / 2 - 1)): the last is 10000 (fairseq's, M2M-100)
};

// f32 [positions, size] for positions 0 ... positions - 1. An odd size has one more sine than cosines (paper), or a
// last 0 (inclusive).
at::Tensor sinusoids(std::int64_t positions, std::int64_t size, Waves waves);

}  // namespace tandem
