// How numbers are stored in model files: plain types and the GGUF block formats, with their sizes. No torch.
// Source of the block layouts: GGUF specification and ggml's type list. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

enum class TensorType {
    f32,
    f16,
    bf16,
    f64,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    boolean,
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q8_0,
    q4_k,
    q5_k,
    q6_k,
    q2_k,
    q3_k,
    iq4_nl,
    iq4_xs,
    tq1_0,
    tq2_0,
};

struct TensorTypeInfo {
    std::string_view name;        // as people write it: "F32", "BF16", "Q4_K"
    std::int64_t block_elements;  // elements in one block; 1 for plain types
    std::int64_t block_bytes;
};

const TensorTypeInfo& tensor_type_info(TensorType type);

inline bool is_quantised(TensorType type) {
    return tensor_type_info(type).block_elements > 1;
}

// Expands `blocks` (whole blocks of `type`, or plain f32/f16/bf16/f64 numbers) into out, in order, exactly as ggml
// does: every product in f32, f16 scales widened first. out.size() is the number of elements. Errors: TENSOR_TYPE
// (integers and booleans), TENSOR_SIZE (blocks and out disagree).
Result<void> dequantise(TensorType type, std::span<const std::byte> blocks, std::span<float> out);

// Stores whole blocks of values as `type`: plain f32, f16 and bf16 rounded to nearest even; q4_0, q4_1, q5_0, q5_1 and
// q8_0 byte for byte as ggml's reference does; the K formats by a search of our own for the least squared error.
// Errors: TENSOR_TYPE for every other type, TENSOR_SIZE.
Result<void> quantise(TensorType type, std::span<const float> values, std::span<std::byte> blocks);
bool can_quantise(TensorType type);

// "Q4_K" or "q4_k". Absent: no type is called so.
std::optional<TensorType> tensor_type_of(std::string_view name);

float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);  // round to nearest even

}  // namespace tandem
