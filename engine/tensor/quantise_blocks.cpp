// Packing to 32-element blocks as ggml's reference does: the scale is rounded to f16 only after the codes are chosen.
#include <cmath>

#include "engine/tensor/block_codecs.h"
#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t block = 32;

// The whole number a rounded code stands for; values that no code can hold (also no number at all) go to the nearest.
int clamped(float code, int low, int high) {
    if (!(code > static_cast<float>(low))) {
        return low;
    }
    return code < static_cast<float>(high) ? static_cast<int>(code) : high;
}

void store_scale(float scale, std::byte* out) {
    const std::uint16_t bits = f32_to_f16(scale);
    std::memcpy(out, &bits, sizeof bits);
}

}  // namespace

void pack_q4_0(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / block; ++n, values += block, out += 18) {
        float extreme = 0;  // the value farthest from zero, with its sign
        for (std::size_t i = 0; i < block; ++i) {
            if (std::fabs(values[i]) > std::fabs(extreme)) {
                extreme = values[i];
            }
        }
        const float scale = extreme / -8.0F;
        const float inverse = scale == 0 ? 0 : 1.0F / scale;
        store_scale(scale, out);
        for (std::size_t i = 0; i < block / 2; ++i) {
            const int low = clamped(values[i] * inverse + 8.5F, 0, 15);
            const int high = clamped(values[i + block / 2] * inverse + 8.5F, 0, 15);
            out[2 + i] = static_cast<std::byte>(low | (high << 4));
        }
    }
}

void pack_q8_0(const float* values, std::size_t count, std::byte* out) {
    for (std::size_t n = 0; n < count / block; ++n, values += block, out += 34) {
        float largest = 0;
        for (std::size_t i = 0; i < block; ++i) {
            largest = std::fmax(largest, std::fabs(values[i]));
        }
        const float scale = largest / 127.0F;
        const float inverse = scale == 0 ? 0 : 1.0F / scale;
        store_scale(scale, out);
        for (std::size_t i = 0; i < block; ++i) {
            out[2 + i] = static_cast<std::byte>(clamped(std::round(values[i] * inverse), -127, 127));
        }
    }
}

}  // namespace tandem::blocks
