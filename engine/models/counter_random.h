// Numbers that are a function of a seed, a stream and a place alone, the same on every machine: splitmix64 (Steele, Lea
// and Flood 2014) over a counter. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

// A bijection that leaves no visible pattern of a counter.
constexpr std::uint64_t mixed_bits(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

// FNV-1a: the same on every machine, which std::hash does not promise.
constexpr std::uint64_t name_hash(std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char letter : name) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    }
    return hash;
}

class CounterRandom {
public:
    constexpr CounterRandom(std::uint64_t seed, std::uint64_t stream, std::uint64_t at = 0)
        : key_(mixed_bits(seed ^ mixed_bits(stream))), at_(at) {}

    constexpr std::uint64_t next() { return mixed_bits(key_ + mixed_bits(at_++)); }
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
    // Where the sequence stands: with seed and stream, all there is to keep.
    constexpr std::uint64_t at() const { return at_; }

private:
    std::uint64_t key_;
    std::uint64_t at_;
};

}  // namespace tandem
