// Random numbers that are the same on every platform and in every version: xoshiro256** 1.0 (Blackman and Vigna 2018),
// its state filled by splitmix64 from a seed. The distributions of the standard library are not used: they differ
// between implementations. Thread rule: one thread at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tandem {

// One step of splitmix64 (Steele, Lea and Flood 2014): moves `state` and returns a well mixed 64-bit number.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

class Random {
public:
    // Streams of one seed are independent of each other: prompt 3 draws the same numbers whether or not 2 was run.
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) {
        std::uint64_t mixed = stream;
        std::uint64_t state = seed ^ splitmix64(mixed);
        for (std::uint64_t& word : state_) {
            word = splitmix64(state);
        }
    }
    // The generator at a given state, which must not be all zeros.
    explicit constexpr Random(const std::array<std::uint64_t, 4>& state) : state_(state) {}

    constexpr std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // In [0, 1), a multiple of 2^-53.
    constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    // In 0 ... bound - 1, each equally often; bound must not be 0.
    constexpr std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t unfair = -bound % bound;  // 2^64 mod bound: the lowest numbers would come once too often
        std::uint64_t number = next();
        while (number < unfair) {
            number = next();
        }
        return number % bound;
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace tandem
