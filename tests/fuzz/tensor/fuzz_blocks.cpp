// Blocks of every stored type from bytes: expanding, multiplying and packing never leave their buffers, and what was
// packed from numbers within a half's range reads as numbers.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "engine/kernels/row_kernels.h"
#include "engine/tensor/tensor_type.h"

namespace {

using tandem::TensorType;

// Bytes that are no whole number of blocks end before the next one. A copy, so that reading beyond it is seen.
std::vector<std::byte> whole_blocks(TensorType type, std::span<const std::byte> bytes) {
    const auto size = static_cast<std::size_t>(tandem::tensor_type_info(type).block_bytes);
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / size * size)};
}

void multiply(TensorType type, const std::vector<std::byte>& blocks, const std::vector<float>& numbers) {
    const std::vector<float> ones(numbers.size(), 1);
    const float scale = 1;
    for (const auto set : {tandem::InstructionSet::portable, tandem::best_instruction_set()}) {
        const auto kernel = tandem::row_kernel(type, set);
        float out = 0;
        kernel({.weights = blocks.data(),
                .row_bytes = blocks.size(),
                .rows = 1,
                .columns = static_cast<std::int64_t>(numbers.size()),
                .x = ones.data(),
                .x_stride = static_cast<std::int64_t>(numbers.size()),
                .tokens = 1,
                .row_scales = &scale,
                .out = &out,
                .out_stride = 1});
    }
}

void pack(TensorType type, const std::vector<float>& numbers) {
    const auto& info = tandem::tensor_type_info(type);
    const auto count =
        numbers.size() / static_cast<std::size_t>(info.block_elements) * static_cast<std::size_t>(info.block_elements);
    std::vector<std::byte> blocks(count / static_cast<std::size_t>(info.block_elements) *
                                  static_cast<std::size_t>(info.block_bytes));
    if (!tandem::quantise(type, std::span(numbers).first(count), blocks).ok()) {
        std::abort();
    }
    std::vector<float> back(count);
    if (!tandem::dequantise(type, blocks, back).ok()) {
        std::abort();
    }
    for (std::size_t i = 0; i < count; ++i) {
        // Within a half's range whatever is packed reads as numbers.
        bool tame = true;
        const std::size_t block = i / 256 * 256;
        for (std::size_t j = block; j < std::min(block + 256, count); ++j) {
            tame = tame && std::fabs(numbers[j]) < 60000;
        }
        if (tame && !std::isfinite(back[i])) {
            std::abort();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    constexpr unsigned types = static_cast<unsigned>(TensorType::tq2_0) + 1;
    const auto type = static_cast<TensorType>(data[0] % types);
    const std::span bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
    const auto& info = tandem::tensor_type_info(type);
    const auto blocks = whole_blocks(type, bytes);
    std::vector<float> numbers(blocks.size() / static_cast<std::size_t>(info.block_bytes) *
                               static_cast<std::size_t>(info.block_elements));
    const bool expands = tandem::dequantise(type, blocks, numbers).ok();
    if (!numbers.empty() && (expands || type == TensorType::i8)) {
        multiply(type, blocks, numbers);
    }
    if (tandem::can_quantise(type) && bytes.size() >= sizeof(float)) {
        std::vector<float> any(bytes.size() / sizeof(float));
        std::memcpy(any.data(), bytes.data(), any.size() * sizeof(float));
        pack(type, any);
    }
    return 0;
}
