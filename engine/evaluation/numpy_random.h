// The random numbers of numpy's default_rng(seed): PCG64 (O'Neill 2014, XSL-RR of 128 bits) seeded by numpy's
// SeedSequence, so that resampling draws what sacreBLEU draws, on every platform. Thread rule: one thread at a time.
#pragma once

#include <cstdint>

namespace tandem::scores {

class NumpyRandom {
public:
    explicit NumpyRandom(std::uint64_t seed);

    std::uint64_t next64();
    std::uint32_t next32();  // halves of next64, the lower one first

    // In 0 ... bound - 1, each equally often: one number of `rng.choice(bound, replace=True)`; 0 < bound < 2^32.
    std::uint32_t below(std::uint32_t bound);

private:
    __extension__ typedef unsigned __int128 Wide;

    void step();

    Wide state_ = 0;
    Wide increment_ = 0;
    std::uint32_t half_ = 0;
    bool has_half_ = false;
};

// The coin of one call of `rng.integers(2, dtype=bool)`: 32 throws of each number drawn.
class NumpyCoin {
public:
    explicit NumpyCoin(NumpyRandom& random) : random_(random) {}
    bool throw_once();

private:
    NumpyRandom& random_;
    std::uint32_t bits_ = 0;
    int left_ = 0;
};

}  // namespace tandem::scores
