// Half precision, in integers so that neither the compiler's nor the processor's handling of subnormal numbers matters.
#include <bit>

#include "engine/tensor/tensor_type.h"

namespace tandem {

float f16_to_f32(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = bits & 0x7C00U;
    const std::uint32_t mantissa = bits & 0x03FFU;
    const std::uint32_t normal = (static_cast<std::uint32_t>(bits & 0x7FFFU) << 13) + (112U << 23);
    const std::uint32_t special = 0x7F800000U | (mantissa << 13);
    const auto subnormal =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(mantissa)) * 0x1p-24F);
    const std::uint32_t magnitude = exponent == 0 ? subnormal : exponent == 0x7C00U ? special : normal;
    return std::bit_cast<float>(sign | magnitude);
}

std::uint16_t f32_to_f16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    std::uint32_t half = 0;
    if (magnitude > 0x7F800000U) {
        half = 0x7E00U | ((magnitude >> 13) & 0x03FFU);  // stays a number-less value, made quiet
    } else if (magnitude >= 0x477FF000U) {
        half = 0x7C00U;  // 65520 is halfway between the largest half and the next, which is infinity
    } else if (magnitude < 0x38800000U) {
        // Below 2^-14 a half counts steps of 2^-24, which is the last place of a float in [0.5, 1).
        half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F000000U;
    } else {
        half = (magnitude + 0x0FFFU + ((magnitude >> 13) & 1U) - (112U << 23)) >> 13;
    }
    return static_cast<std::uint16_t>(sign | half);
}

}  // namespace tandem
