// Plain numbers and the 32-element blocks: scale [, minimum] [, fifth bits], then 16 bytes whose low halves are the
// first 16 elements and whose high halves the last 16 (q8_0: 32 signed bytes).
#include <bit>

#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t block = 32;
constexpr std::size_t half_block = 16;

float scale_at(Bytes at) {
    return f16_to_f32(load<std::uint16_t>(at));
}

// out[i] = scale * (nibble + fifth bit * 16 - offset), the shared part of q4_0 and q5_0 in integers.
void split_nibbles(const std::uint8_t* packed, std::int32_t* codes) {
    for (std::size_t i = 0; i < half_block; ++i) {
        codes[i] = packed[i] & 0x0F;
        codes[i + half_block] = packed[i] >> 4;
    }
}

void add_fifth_bits(std::uint32_t bits, std::int32_t* codes) {
    for (std::size_t i = 0; i < block; ++i) {
        codes[i] |= static_cast<std::int32_t>((bits >> i) & 1U) << 4;
    }
}

void scale_codes(const std::int32_t* codes, std::int32_t offset, float scale, float* out) {
    for (std::size_t i = 0; i < block; ++i) {
        out[i] = scale * static_cast<float>(codes[i] - offset);
    }
}

void scale_codes_above(const std::int32_t* codes, float minimum, float scale, float* out) {
    for (std::size_t i = 0; i < block; ++i) {
        out[i] = scale * static_cast<float>(codes[i]) + minimum;
    }
}

}  // namespace

void widen_f32(Bytes blocks, std::size_t count, float* out) {
    std::memcpy(out, blocks, count * sizeof(float));
}

void widen_f16(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = f16_to_f32(load<std::uint16_t>(blocks + 2 * i));
    }
}

void widen_bf16(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(load<std::uint16_t>(blocks + 2 * i)) << 16);
    }
}

void narrow_f64(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<float>(load<double>(blocks + 8 * i));
    }
}

void expand_q4_0(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / block; ++n, blocks += 18, out += block) {
        std::int32_t codes[block];
        split_nibbles(as_u8(blocks + 2), codes);
        scale_codes(codes, 8, scale_at(blocks), out);
    }
}

void expand_q4_1(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / block; ++n, blocks += 20, out += block) {
        std::int32_t codes[block];
        split_nibbles(as_u8(blocks + 4), codes);
        scale_codes_above(codes, scale_at(blocks + 2), scale_at(blocks), out);
    }
}

void expand_q5_0(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / block; ++n, blocks += 22, out += block) {
        std::int32_t codes[block];
        split_nibbles(as_u8(blocks + 6), codes);
        add_fifth_bits(load<std::uint32_t>(blocks + 2), codes);
        scale_codes(codes, 16, scale_at(blocks), out);
    }
}

void expand_q5_1(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / block; ++n, blocks += 24, out += block) {
        std::int32_t codes[block];
        split_nibbles(as_u8(blocks + 8), codes);
        add_fifth_bits(load<std::uint32_t>(blocks + 4), codes);
        scale_codes_above(codes, scale_at(blocks + 2), scale_at(blocks), out);
    }
}

void expand_q8_0(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / block; ++n, blocks += 34, out += block) {
        const float scale = scale_at(blocks);
        const auto* codes = reinterpret_cast<const std::int8_t*>(blocks + 2);
        for (std::size_t i = 0; i < block; ++i) {
            out[i] = static_cast<float>(codes[i]) * scale;
        }
    }
}

}  // namespace tandem::blocks
