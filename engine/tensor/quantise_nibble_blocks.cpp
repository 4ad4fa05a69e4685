// Packing to the 32-element blocks of 4 or 5 bits and to plain halves, byte for byte as ggml's reference does.
#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t block = 32;
constexpr std::size_t half_block = 16;

void store_half(float value, std::byte* out) {
    const std::uint16_t bits = f32_to_f16(value);
    std::memcpy(out, &bits, sizeof bits);
}

// The whole part of a code; what is no number or outside goes to the nearest code.
unsigned code_of(float code, unsigned top) {
    if (!(code > 0)) {
        return 0;
    }
    return code < static_cast<float>(top) ? static_cast<unsigned>(code) : top;
}

void store_nibbles(const unsigned* codes, std::byte* out) {
    for (std::size_t i = 0; i < half_block; ++i) {
        out[i] = static_cast<std::byte>((codes[i] & 0x0F) | ((codes[i + half_block] & 0x0F) << 4));
    }
}

void store_fifth_bits(const unsigned* codes, std::byte* out) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < block; ++i) {
        bits |= ((codes[i] >> 4) & 1U) << i;
    }
    std::memcpy(out, &bits, sizeof bits);
}

struct Spread {
    float minimum;
    float scale;
};

// Codes from the smallest value up.
Spread spread_codes(const float* values, unsigned top, unsigned* codes) {
    float low = values[0];
    float high = values[0];
    for (std::size_t i = 1; i < block; ++i) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    const float scale = (high - low) / static_cast<float>(top);
    const float inverse = scale == 0 ? 0 : 1.0F / scale;
    for (std::size_t i = 0; i < block; ++i) {
        codes[i] = code_of((values[i] - low) * inverse + 0.5F, top);
    }
    return {low, scale};
}

}  // namespace

void pack_f32(const float* values, std::size_t count, std::byte* out) {
    std::memcpy(out, values, count * sizeof(float));
}

void pack_f16(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t i = 0; i < count; ++i) {
        store_half(values[i], out + 2 * i);
    }
}

void pack_bf16(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(values[i]);
        const bool no_number = (bits & 0x7FFFFFFFU) > 0x7F800000U;
        const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
        const auto half = static_cast<std::uint16_t>(no_number ? (bits >> 16) | 0x40U : rounded >> 16);
        std::memcpy(out + 2 * i, &half, sizeof half);
    }
}

void pack_q4_1(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / block; ++n, values += block, out += 20) {
        unsigned codes[block];
        const Spread spread = spread_codes(values, 15, codes);
        store_half(spread.scale, out);
        store_half(spread.minimum, out + 2);
        store_nibbles(codes, out + 4);
    }
}

void pack_q5_0(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / block; ++n, values += block, out += 22) {
        float extreme = 0;  // the value farthest from zero, with its sign
        for (std::size_t i = 0; i < block; ++i) {
            extreme = std::fabs(values[i]) > std::fabs(extreme) ? values[i] : extreme;
        }
        const float scale = extreme / -16.0F;
        const float inverse = scale == 0 ? 0 : 1.0F / scale;
        unsigned codes[block];
        for (std::size_t i = 0; i < block; ++i) {
            codes[i] = code_of(values[i] * inverse + 16.5F, 31);
        }
        store_half(scale, out);
        store_fifth_bits(codes, out + 2);
        store_nibbles(codes, out + 6);
    }
}

void pack_q5_1(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / block; ++n, values += block, out += 24) {
        unsigned codes[block];
        const Spread spread = spread_codes(values, 31, codes);
        store_half(spread.scale, out);
        store_half(spread.minimum, out + 2);
        store_fifth_bits(codes, out + 4);
        store_nibbles(codes, out + 8);
    }
}

}  // namespace tandem::blocks
