// The 256-element super-blocks with two or three bits an element: 16 groups of 16 elements. Groups 8h + 2q and 8h + 2q
// + 1 are bit pair q of the 32 bytes of half h.
#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t super_block = 256;
constexpr std::size_t group = 16;
constexpr std::size_t groups = 16;

struct PairPlace {
    const std::uint8_t* bytes;
    unsigned shift;
};

PairPlace pairs_of(const std::uint8_t* packed, std::size_t g) {
    return {packed + (g / 8) * 32 + (g % 2) * group, static_cast<unsigned>(g % 8 / 2 * 2)};
}

// q3_k keeps sixteen 6-bit scales, each 32 too large, in 12 bytes: low halves in the nibbles of bytes 0-7 (scales 8-15
// in the high ones), top pairs in bytes 8-11.
int q3_scale(const std::uint8_t* packed, std::size_t g) {
    const int low = (packed[g % 8] >> (g / 8 * 4)) & 0x0F;
    const int high = (packed[8 + g % 4] >> (g / 4 * 2)) & 3;
    return (low | (high << 4)) - 32;
}

}  // namespace

void expand_q2_k(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 84, out += super_block) {
        const std::uint8_t* small = as_u8(blocks);  // scale in the low nibble, minimum in the high one
        const float d = f16_to_f32(load<std::uint16_t>(blocks + 80));
        const float dmin = f16_to_f32(load<std::uint16_t>(blocks + 82));
        for (std::size_t g = 0; g < groups; ++g) {
            const float scale = d * static_cast<float>(small[g] & 0x0F);
            const float minimum = dmin * static_cast<float>(small[g] >> 4);
            const PairPlace at = pairs_of(as_u8(blocks + 16), g);
            for (std::size_t i = 0; i < group; ++i) {
                out[g * group + i] = scale * static_cast<float>((at.bytes[i] >> at.shift) & 3) - minimum;
            }
        }
    }
}

// A clear third bit means 4 less.
void expand_q3_k(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 110, out += super_block) {
        const std::uint8_t* third = as_u8(blocks);
        const float d = f16_to_f32(load<std::uint16_t>(blocks + 108));
        for (std::size_t g = 0; g < groups; ++g) {
            const float scale = d * static_cast<float>(q3_scale(as_u8(blocks + 96), g));
            const PairPlace at = pairs_of(as_u8(blocks + 32), g);
            const std::uint8_t* third_bits = third + (g % 2) * group;
            for (std::size_t i = 0; i < group; ++i) {
                const int bit = (third_bits[i] >> (g / 2)) & 1;
                const int code = ((at.bytes[i] >> at.shift) & 3) | (bit << 2);
                out[g * group + i] = scale * static_cast<float>(code - 4);
            }
        }
    }
}

}  // namespace tandem::blocks
