// Four-bit codes into a table of unevenly spaced values: iq4_nl with a scale for 32 elements, iq4_xs with one for 256
// and a 6-bit scale for each 32.
#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t super_block = 256;
constexpr std::size_t group = 32;

// 16 bytes: low halves are the first 16 elements, high halves the last.
void look_up(const std::uint8_t* packed, float scale, float* out) {
    for (std::size_t i = 0; i < group / 2; ++i) {
        out[i] = scale * static_cast<float>(iq4_values[packed[i] & 0x0F]);
        out[i + group / 2] = scale * static_cast<float>(iq4_values[packed[i] >> 4]);
    }
}

}  // namespace

void expand_iq4_nl(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / group; ++n, blocks += 18, out += group) {
        look_up(as_u8(blocks + 2), f16_to_f32(load<std::uint16_t>(blocks)), out);
    }
}

void expand_iq4_xs(Bytes blocks, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count / super_block; ++n, blocks += 136, out += super_block) {
        const float d = f16_to_f32(load<std::uint16_t>(blocks));
        const unsigned high_pairs = load<std::uint16_t>(blocks + 2);
        const std::uint8_t* low_halves = as_u8(blocks + 4);
        for (std::size_t g = 0; g < super_block / group; ++g) {
            const unsigned low = (low_halves[g / 2] >> (g % 2 * 4)) & 0x0FU;
            const unsigned high = (high_pairs >> (2 * g)) & 3U;
            const float scale = d * static_cast<float>(static_cast<int>(low | (high << 4)) - 32);
            look_up(as_u8(blocks + 8) + g * 16, scale, out + g * group);
        }
    }
}

}  // namespace tandem::blocks
