// Arithmetic on sizes that come from a file: a result that does not fit is absent, never wrapped.
// Thread rule: stateless.
#pragma once

#include <cstdint>
#include <optional>

namespace tandem::checked {

inline std::optional<std::uint64_t> add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return std::nullopt;
    }
    return sum;
}

inline std::optional<std::uint64_t> mul(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
        return std::nullopt;
    }
    return product;
}

// The next multiple of `alignment`, which is a power of two.
inline std::optional<std::uint64_t> align_up(std::uint64_t value, std::uint64_t alignment) {
    const auto padded = add(value, alignment - 1);
    if (!padded) {
        return std::nullopt;
    }
    return *padded & ~(alignment - 1);
}

}  // namespace tandem::checked
