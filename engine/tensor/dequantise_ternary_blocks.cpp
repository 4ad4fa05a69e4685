// Weights that are -1, 0 or 1 times one f16 scale for 256 elements. tq2_0 spends two bits on each, tq1_0 packs five
// into a byte: the byte times 3^n, modulo 256, is a fraction of 256 whose third is digit n.
#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t super_block = 256;

// `digits` rounds over `width` bytes: first digit of each byte, then second of each, and so on.
float* expand_digits(const std::uint8_t* packed, std::size_t width, std::size_t digits, float scale, float* out) {
    unsigned power = 1;
    for (std::size_t n = 0; n < digits; ++n, power *= 3, out += width) {
        for (std::size_t i = 0; i < width; ++i) {
            const unsigned fraction = (packed[i] * power) & 0xFFU;
            out[i] = scale * static_cast<float>(static_cast<int>((fraction * 3) >> 8) - 1);
        }
    }
    return out;
}

}  // namespace

void expand_tq1_0(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 54) {
        const std::uint8_t* packed = as_u8(blocks);
        const float scale = f16_to_f32(load<std::uint16_t>(blocks + 52));
        out = expand_digits(packed, 32, 5, scale, out);
        out = expand_digits(packed + 32, 16, 5, scale, out);
        out = expand_digits(packed + 48, 4, 4, scale, out);
    }
}

void expand_tq2_0(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 66, out += super_block) {
        const std::uint8_t* packed = as_u8(blocks);
        const float scale = f16_to_f32(load<std::uint16_t>(blocks + 64));
        for (std::size_t i = 0; i < super_block; ++i) {
            const unsigned shift = static_cast<unsigned>(i % 128 / 32 * 2);
            const int code = (packed[i / 128 * 32 + i % 32] >> shift) & 3;
            out[i] = scale * static_cast<float>(code - 1);
        }
    }
}

}  // namespace tandem::blocks
