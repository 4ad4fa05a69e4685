// Row functions behind dequantise() and quantise(), one for each stored type. `blocks` holds whole blocks and `count`
// is the number of elements, a multiple of the block's. Bytes need no alignment. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tandem::blocks {

using Bytes = const std::byte*;

void widen_f32(Bytes blocks, std::size_t count, float* out);
void widen_f16(Bytes blocks, std::size_t count, float* out);
void widen_bf16(Bytes blocks, std::size_t count, float* out);
void narrow_f64(Bytes blocks, std::size_t count, float* out);
void expand_q4_0(Bytes blocks, std::size_t count, float* out);
void expand_q4_1(Bytes blocks, std::size_t count, float* out);
void expand_q5_0(Bytes blocks, std::size_t count, float* out);
void expand_q5_1(Bytes blocks, std::size_t count, float* out);
void expand_q8_0(Bytes blocks, std::size_t count, float* out);
void expand_q4_k(Bytes blocks, std::size_t count, float* out);
void expand_q5_k(Bytes blocks, std::size_t count, float* out);
void expand_q6_k(Bytes blocks, std::size_t count, float* out);
void expand_q2_k(Bytes blocks, std::size_t count, float* out);
void expand_q3_k(Bytes blocks, std::size_t count, float* out);
void expand_iq4_nl(Bytes blocks, std::size_t count, float* out);
void expand_iq4_xs(Bytes blocks, std::size_t count, float* out);
void expand_tq1_0(Bytes blocks, std::size_t count, float* out);
void expand_tq2_0(Bytes blocks, std::size_t count, float* out);

// What a code of iq4_nl and iq4_xs stands for, in units of its scale.
inline constexpr std::int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};

void pack_f32(const float* values, std::size_t count, std::byte* out);
void pack_f16(const float* values, std::size_t count, std::byte* out);
void pack_bf16(const float* values, std::size_t count, std::byte* out);
void pack_q4_0(const float* values, std::size_t count, std::byte* out);
void pack_q4_1(const float* values, std::size_t count, std::byte* out);
void pack_q5_0(const float* values, std::size_t count, std::byte* out);
void pack_q5_1(const float* values, std::size_t count, std::byte* out);
void pack_q8_0(const float* values, std::size_t count, std::byte* out);
void pack_q2_k(const float* values, std::size_t count, std::byte* out);
void pack_q3_k(const float* values, std::size_t count, std::byte* out);
void pack_q4_k(const float* values, std::size_t count, std::byte* out);
void pack_q5_k(const float* values, std::size_t count, std::byte* out);
void pack_q6_k(const float* values, std::size_t count, std::byte* out);

// A little-endian number at any address.
template <class T>
T load(Bytes at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

inline const std::uint8_t* as_u8(Bytes at) {
    return reinterpret_cast<const std::uint8_t*>(at);
}

}  // namespace tandem::blocks
