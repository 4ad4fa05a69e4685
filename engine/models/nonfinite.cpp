#include "engine/models/nonfinite.h"

#include <ATen/Parallel.h>

#include <array>
#include <cstring>
#include <functional>

namespace tandem {
namespace {

// A number is not finite when all bits of its exponent are set.
struct Pattern {
    std::int64_t stride = 0;  // bytes from one block to the next
    std::array<std::int64_t, 2> offsets{};
    std::size_t count = 0;  // numbers in a block
    std::uint32_t exponent = 0;
    std::size_t width = 2;
};

Pattern pattern_of(TensorType type) {
    constexpr std::uint32_t half = 0x7C00;
    switch (type) {
        case TensorType::f32:
            return {4, {0}, 1, 0x7F800000, 4};
        case TensorType::f64:
            return {8, {4}, 1, 0x7FF00000, 4};
        case TensorType::f16:
            return {2, {0}, 1, half};
        case TensorType::bf16:
            return {2, {0}, 1, 0x7F80};
        case TensorType::q4_0:
        case TensorType::q5_0:
        case TensorType::q8_0:
        case TensorType::iq4_nl:
        case TensorType::iq4_xs:
            return {tensor_type_info(type).block_bytes, {0}, 1, half};
        case TensorType::q4_1:
        case TensorType::q5_1:
        case TensorType::q4_k:
        case TensorType::q5_k:
            return {tensor_type_info(type).block_bytes, {0, 2}, 2, half};
        case TensorType::q6_k:
            return {tensor_type_info(type).block_bytes, {208}, 1, half};
        case TensorType::q2_k:
            return {tensor_type_info(type).block_bytes, {80, 82}, 2, half};
        case TensorType::q3_k:
            return {tensor_type_info(type).block_bytes, {108}, 1, half};
        case TensorType::tq1_0:
            return {tensor_type_info(type).block_bytes, {52}, 1, half};
        case TensorType::tq2_0:
            return {tensor_type_info(type).block_bytes, {64}, 1, half};
        default:
            return {};
    }
}

std::int64_t count_in(const Pattern& pattern, const std::byte* data, std::int64_t begin, std::int64_t end) {
    std::int64_t found = 0;
    for (std::int64_t block = begin; block < end; ++block) {
        for (std::size_t i = 0; i < pattern.count; ++i) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, data + block * pattern.stride + pattern.offsets[i], pattern.width);
            found += (bits & pattern.exponent) == pattern.exponent ? 1 : 0;
        }
    }
    return found;
}

}  // namespace

std::int64_t count_nonfinite(TensorType type, std::span<const std::byte> data) {
    const Pattern pattern = pattern_of(type);
    if (pattern.count == 0) {
        return 0;
    }
    const auto blocks = static_cast<std::int64_t>(data.size()) / pattern.stride;
    return at::parallel_reduce(
        0, blocks, 1 << 15, std::int64_t{0},
        [&](std::int64_t begin, std::int64_t end, std::int64_t sum) {
            return sum + count_in(pattern, data.data(), begin, end);
        },
        std::plus<>());
}

}  // namespace tandem
