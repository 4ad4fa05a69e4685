// Packing to the K super-blocks of 256. The layouts are ggml's, the search is our own and minimises the plain squared
// error: least squares for each group over a range of starting steps, then over the whole super-block, each time with
// the numbers a reader will see.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/tensor/block_codecs.h"
#include "engine/tensor/k_search.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t super_block = 256;

void store_half(std::uint16_t bits, std::byte* out) {
    std::memcpy(out, &bits, sizeof bits);
}

// Eight 6-bit scales and minima in 12 bytes, as q4_k and q5_k keep them (layout: dequantise_k_blocks.cpp).
void store_scales(const OffsetFit<8, 32>& fit, std::byte* out) {
    std::array<unsigned, 12> packed{};
    for (std::size_t i = 0; i < 4; ++i) {
        packed[i] = fit.scale[i] | (fit.scale[i + 4] >> 4 << 6);
        packed[i + 4] = fit.minimum[i] | (fit.minimum[i + 4] >> 4 << 6);
        packed[i + 8] = (fit.scale[i + 4] & 0x0F) | ((fit.minimum[i + 4] & 0x0F) << 4);
    }
    for (std::size_t i = 0; i < packed.size(); ++i) {
        out[i] = static_cast<std::byte>(packed[i]);
    }
}

// Elements 64n..64n+31 in the low, the next 32 in the high halves of 32 bytes.
void store_nibbles(const std::uint8_t* codes, std::byte* out) {
    for (std::size_t i = 0; i < super_block / 2; ++i) {
        const std::uint8_t* pair = codes + i / 32 * 64 + i % 32;
        out[i] = static_cast<std::byte>((pair[0] & 0x0F) | ((pair[32] & 0x0F) << 4));
    }
}

// Two bits of each element: 128 elements in 32 bytes, in the order of dequantise_low_k_blocks.cpp.
void store_pairs(const std::uint8_t* codes, std::byte* out) {
    for (std::size_t i = 0; i < super_block / 4; ++i) {
        const std::uint8_t* first = codes + i / 32 * 128 + i % 32;
        out[i] = static_cast<std::byte>((first[0] & 3) | ((first[32] & 3) << 2) | ((first[64] & 3) << 4) |
                                        ((first[96] & 3) << 6));
    }
}

// Bit `bit` of each code: bit g of byte i is that of element 32g + i.
void store_single_bits(const std::uint8_t* codes, unsigned bit, std::byte* out) {
    for (std::size_t i = 0; i < 32; ++i) {
        unsigned bits = 0;
        for (std::size_t g = 0; g < 8; ++g) {
            bits |= ((codes[32 * g + i] >> bit) & 1U) << g;
        }
        out[i] = static_cast<std::byte>(bits);
    }
}

}  // namespace

void pack_q4_k(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, values += super_block, out += 144) {
        const auto fit = fit_with_offset<8, 32>(values, 15, 63);
        store_half(fit.d, out);
        store_half(fit.dmin, out + 2);
        store_scales(fit, out + 4);
        store_nibbles(fit.codes.data(), out + 16);
    }
}

void pack_q5_k(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, values += super_block, out += 176) {
        const auto fit = fit_with_offset<8, 32>(values, 31, 63);
        store_half(fit.d, out);
        store_half(fit.dmin, out + 2);
        store_scales(fit, out + 4);
        store_single_bits(fit.codes.data(), 4, out + 16);
        store_nibbles(fit.codes.data(), out + 48);
    }
}

void pack_q2_k(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, values += super_block, out += 84) {
        const auto fit = fit_with_offset<16, 16>(values, 3, 15);
        for (std::size_t g = 0; g < 16; ++g) {
            out[g] = static_cast<std::byte>(fit.scale[g] | (fit.minimum[g] << 4));
        }
        store_pairs(fit.codes.data(), out + 16);
        store_half(fit.d, out + 80);
        store_half(fit.dmin, out + 82);
    }
}

void pack_q3_k(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, values += super_block, out += 110) {
        const auto fit = fit_symmetric<16, 16>(values, 4, 32);
        store_single_bits(fit.codes.data(), 2, out);
        store_pairs(fit.codes.data(), out + 32);
        std::array<unsigned, 12> packed{};
        for (std::size_t g = 0; g < 16; ++g) {
            const auto scale = static_cast<unsigned>(fit.scale[g] + 32);
            packed[g % 8] |= (scale & 0x0F) << (g / 8 * 4);
            packed[8 + g % 4] |= (scale >> 4) << (g / 4 * 2);
        }
        for (std::size_t i = 0; i < packed.size(); ++i) {
            out[96 + i] = static_cast<std::byte>(packed[i]);
        }
        store_half(fit.d, out + 108);
    }
}

void pack_q6_k(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, values += super_block, out += 210) {
        const auto fit = fit_symmetric<16, 16>(values, 32, 128);
        const std::uint8_t* codes = fit.codes.data();
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t i = 0; i < 32; ++i) {
                const std::uint8_t* at = codes + 128 * half + i;
                out[64 * half + i] = static_cast<std::byte>((at[0] & 0x0F) | ((at[64] & 0x0F) << 4));
                out[64 * half + 32 + i] = static_cast<std::byte>((at[32] & 0x0F) | ((at[96] & 0x0F) << 4));
                out[128 + 32 * half + i] =
                    static_cast<std::byte>((at[0] >> 4) | (at[32] >> 4 << 2) | (at[64] >> 4 << 4) | (at[96] >> 4 << 6));
            }
        }
        for (std::size_t g = 0; g < 16; ++g) {
            out[192 + g] = static_cast<std::byte>(fit.scale[g]);
        }
        store_half(fit.d, out + 208);
    }
}

}  // namespace tandem::blocks
