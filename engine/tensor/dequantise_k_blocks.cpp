// The 256-element super-blocks of the K formats: one f16 scale (and minimum) for the whole, a small integer scale for
// each group of 16 or 32 elements.
#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t super_block = 256;
constexpr std::size_t group = 32;
constexpr std::size_t groups = 8;

struct GroupScales {
    float scale[groups];
    float minimum[groups];
};

// q4_k and q5_k keep eight 6-bit scales and eight 6-bit minima in 12 bytes. Bytes 0-3 and 4-7 are the first four scales
// and minima in their low 6 bits; the last four have their low 4 bits in bytes 8-11 (scales low, minima high half) and
// their top 2 bits in the spare top bits of bytes 0-7.
GroupScales group_scales(Bytes at) {
    const float d = f16_to_f32(load<std::uint16_t>(at));
    const float dmin = f16_to_f32(load<std::uint16_t>(at + 2));
    const std::uint8_t* packed = as_u8(at + 4);
    GroupScales result{};
    for (std::size_t i = 0; i < 4; ++i) {
        const int low_scale = packed[i] & 0x3F;
        const int low_minimum = packed[i + 4] & 0x3F;
        const int high_scale = (packed[i + 8] & 0x0F) | ((packed[i] >> 2) & 0x30);
        const int high_minimum = (packed[i + 8] >> 4) | ((packed[i + 4] >> 2) & 0x30);
        result.scale[i] = d * static_cast<float>(low_scale);
        result.minimum[i] = dmin * static_cast<float>(low_minimum);
        result.scale[i + 4] = d * static_cast<float>(high_scale);
        result.minimum[i + 4] = dmin * static_cast<float>(high_minimum);
    }
    return result;
}

}  // namespace

void expand_q4_k(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 144, out += super_block) {
        const GroupScales scales = group_scales(blocks);
        const std::uint8_t* packed = as_u8(blocks + 16);
        for (std::size_t g = 0; g < groups; ++g) {
            const std::uint8_t* bytes = packed + (g / 2) * group;
            const unsigned shift = g % 2 == 0 ? 0 : 4;
            float* row = out + g * group;
            for (std::size_t i = 0; i < group; ++i) {
                row[i] = scales.scale[g] * static_cast<float>((bytes[i] >> shift) & 0x0F) - scales.minimum[g];
            }
        }
    }
}

void expand_q5_k(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 176, out += super_block) {
        const GroupScales scales = group_scales(blocks);
        const std::uint8_t* fifth = as_u8(blocks + 16);
        const std::uint8_t* packed = as_u8(blocks + 48);
        for (std::size_t g = 0; g < groups; ++g) {
            const std::uint8_t* bytes = packed + (g / 2) * group;
            const unsigned shift = g % 2 == 0 ? 0 : 4;
            float* row = out + g * group;
            for (std::size_t i = 0; i < group; ++i) {
                const int code = ((bytes[i] >> shift) & 0x0F) | (((fifth[i] >> g) & 1) << 4);
                row[i] = scales.scale[g] * static_cast<float>(code) - scales.minimum[g];
            }
        }
    }
}

// Two halves of 128 elements: 64 bytes of low nibbles, 32 bytes of top bit pairs, 8 signed scales of 16 elements each.
void expand_q6_k(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 210, out += super_block) {
        const std::uint8_t* low = as_u8(blocks);
        const std::uint8_t* high = as_u8(blocks + 128);
        const auto* small_scales = reinterpret_cast<const std::int8_t*>(blocks + 192);
        const float d = f16_to_f32(load<std::uint16_t>(blocks + 208));
        for (std::size_t g = 0; g < groups; ++g) {
            const std::size_t quarter = g % 4;
            const std::uint8_t* nibbles = low + (g / 4) * 64 + (quarter % 2) * group;
            const std::uint8_t* pairs = high + (g / 4) * group;
            const unsigned nibble_shift = quarter < 2 ? 0 : 4;
            const unsigned pair_shift = static_cast<unsigned>(2 * quarter);
            const float scale[2] = {d * static_cast<float>(small_scales[2 * g]),
                                    d * static_cast<float>(small_scales[2 * g + 1])};
            float* row = out + g * group;
            for (std::size_t i = 0; i < group; ++i) {
                const int code = ((nibbles[i] >> nibble_shift) & 0x0F) | (((pairs[i] >> pair_shift) & 3) << 4);
                row[i] = scale[i / 16] * static_cast<float>(code - 32);
            }
        }
    }
}

}  // namespace tandem::blocks
