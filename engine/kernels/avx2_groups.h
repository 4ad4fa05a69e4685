// How each block format is decoded with AVX2: 32 neighbouring elements at a time, as signed codes with a scale and an
// offset. The instructions are switched on function by function: a flag for a whole file would let them leak into
// inline functions that the rest of the program shares. Private to row_kernels_avx2.cpp. Thread rule: stateless.
#pragma once

#include <immintrin.h>

#include "engine/tensor/block_codecs.h"

#define TANDEM_AVX2 __attribute__((target("avx2,fma,f16c")))
#define TANDEM_AVX2_INLINE __attribute__((target("avx2,fma,f16c"), always_inline)) inline

namespace tandem::kernels::avx2 {

using blocks::load;

// 32 neighbouring elements of a row: element = code * scale + offset.
struct Group {
    __m256i codes;  // signed bytes
    float low_scale;
    float high_scale;  // of the last 16
    float low_offset;
    float high_offset;
};

TANDEM_AVX2_INLINE Group even_group(__m256i codes, float scale, float offset = 0) {
    return {codes, scale, scale, offset, offset};
}

TANDEM_AVX2_INLINE float half_at(const std::byte* at) {
    return _cvtsh_ss(load<std::uint16_t>(at));
}

// 16 bytes to 32 codes: low halves, then high halves.
TANDEM_AVX2_INLINE __m256i nibbles_at(const std::byte* at) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i high = _mm_srli_epi16(packed, 4);
    return _mm256_and_si256(_mm256_set_m128i(high, packed), _mm256_set1_epi8(0x0F));
}

// 0x10 in each of 32 bytes whose bit is set.
TANDEM_AVX2_INLINE __m256i fifth_bits_at(const std::byte* at) {
    const __m256i spread =
        _mm256_shuffle_epi8(_mm256_set1_epi32(load<std::int32_t>(at)),
                            _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0));
    const __m256i bit = _mm256_set1_epi64x(static_cast<std::int64_t>(0x8040201008040201ULL));
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
    return _mm256_and_si256(is_set, _mm256_set1_epi8(0x10));
}

TANDEM_AVX2_INLINE __m256i bytes_at(const std::byte* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

// Each byte's `mask` bits after a shift to the right.
TANDEM_AVX2_INLINE __m256i shifted(__m256i bytes, std::ptrdiff_t shift, char mask) {
    return _mm256_and_si256(_mm256_srl_epi16(bytes, _mm_cvtsi32_si128(static_cast<int>(shift))),
                            _mm256_set1_epi8(mask));
}

struct Q4_0 {
    static constexpr std::ptrdiff_t bytes = 18, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        return even_group(_mm256_sub_epi8(nibbles_at(block + 2), _mm256_set1_epi8(8)), half_at(block));
    }
};

struct Q4_1 {
    static constexpr std::ptrdiff_t bytes = 20, groups = 1;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        return even_group(nibbles_at(block + 4), half_at(block), half_at(block + 2));
    }
};

struct Q5_0 {
    static constexpr std::ptrdiff_t bytes = 22, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const __m256i codes = _mm256_or_si256(nibbles_at(block + 6), fifth_bits_at(block + 2));
        return even_group(_mm256_sub_epi8(codes, _mm256_set1_epi8(16)), half_at(block));
    }
};

struct Q5_1 {
    static constexpr std::ptrdiff_t bytes = 24, groups = 1;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const __m256i codes = _mm256_or_si256(nibbles_at(block + 8), fifth_bits_at(block + 4));
        return even_group(codes, half_at(block), half_at(block + 2));
    }
};

struct Q8_0 {
    static constexpr std::ptrdiff_t bytes = 34, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        return even_group(bytes_at(block + 2), half_at(block));
    }
};

// Scale and offset of one group of 32, packed in 6 bits each (layout: engine/tensor/dequantise_k_blocks.cpp).
TANDEM_AVX2_INLINE Group k_group(const std::byte* block, std::ptrdiff_t group, __m256i codes) {
    const std::uint8_t* packed = blocks::as_u8(block + 4);
    int scale = 0;
    int minimum = 0;
    if (group < 4) {
        scale = packed[group] & 0x3F;
        minimum = packed[group + 4] & 0x3F;
    } else {
        scale = (packed[group + 4] & 0x0F) | ((packed[group - 4] >> 2) & 0x30);
        minimum = (packed[group + 4] >> 4) | ((packed[group] >> 2) & 0x30);
    }
    return even_group(codes, half_at(block) * static_cast<float>(scale),
                      -(half_at(block + 2) * static_cast<float>(minimum)));
}

struct Q4_K {
    static constexpr std::ptrdiff_t bytes = 144, groups = 8;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const __m256i packed = bytes_at(block + 16 + group / 2 * 32);
        return k_group(block, group, shifted(packed, group % 2 * 4, 0x0F));
    }
};

struct Q5_K {
    static constexpr std::ptrdiff_t bytes = 176, groups = 8;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const __m256i packed = bytes_at(block + 48 + group / 2 * 32);
        const __m256i fifth = _mm256_slli_epi16(shifted(bytes_at(block + 16), group, 1), 4);
        return k_group(block, group, _mm256_or_si256(shifted(packed, group % 2 * 4, 0x0F), fifth));
    }
};

struct Q6_K {
    static constexpr std::ptrdiff_t bytes = 210, groups = 8;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const std::ptrdiff_t quarter = group % 4;
        const __m256i low = bytes_at(block + group / 4 * 64 + quarter % 2 * 32);
        const __m256i pairs = shifted(bytes_at(block + 128 + group / 4 * 32), 2 * quarter, 3);
        const __m256i codes = _mm256_or_si256(shifted(low, quarter < 2 ? 0 : 4, 0x0F), _mm256_slli_epi16(pairs, 4));
        const auto* scales = reinterpret_cast<const std::int8_t*>(block + 192) + 2 * group;
        const float wide = half_at(block + 208);
        return {_mm256_sub_epi8(codes, _mm256_set1_epi8(32)), wide * static_cast<float>(scales[0]),
                wide * static_cast<float>(scales[1]), 0, 0};
    }
};

struct Q2_K {
    static constexpr std::ptrdiff_t bytes = 84, groups = 8;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const std::uint8_t* small = blocks::as_u8(block) + 2 * group;
        const __m256i codes = shifted(bytes_at(block + 16 + group / 4 * 32), group % 4 * 2, 3);
        const float scale = half_at(block + 80);
        const float minimum = half_at(block + 82);
        return {codes, scale * static_cast<float>(small[0] & 0x0F), scale * static_cast<float>(small[1] & 0x0F),
                -(minimum * static_cast<float>(small[0] >> 4)), -(minimum * static_cast<float>(small[1] >> 4))};
    }
};

struct Q3_K {
    static constexpr std::ptrdiff_t bytes = 110, groups = 8;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static float scale(const std::uint8_t* packed, std::ptrdiff_t of) {
        const int low = (packed[of % 8] >> (of / 8 * 4)) & 0x0F;
        const int high = (packed[8 + of % 4] >> (of / 4 * 2)) & 3;
        return static_cast<float>((low | (high << 4)) - 32);
    }
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const __m256i pairs = shifted(bytes_at(block + 32 + group / 4 * 32), group % 4 * 2, 3);
        const __m256i third = _mm256_slli_epi16(shifted(bytes_at(block), group, 1), 2);
        const std::uint8_t* packed = blocks::as_u8(block + 96);
        const float wide = half_at(block + 108);
        return {_mm256_sub_epi8(_mm256_or_si256(pairs, third), _mm256_set1_epi8(4)), wide * scale(packed, 2 * group),
                wide * scale(packed, 2 * group + 1), 0, 0};
    }
};

// Nibbles as what they stand for.
TANDEM_AVX2_INLINE __m256i iq4_at(const std::byte* at) {
    const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks::iq4_values));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), nibbles_at(at));
}

struct Iq4_nl {
    static constexpr std::ptrdiff_t bytes = 18, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        return even_group(iq4_at(block + 2), half_at(block));
    }
};

struct Iq4_xs {
    static constexpr std::ptrdiff_t bytes = 136, groups = 8;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const int low = (blocks::as_u8(block + 4)[group / 2] >> (group % 2 * 4)) & 0x0F;
        const int high = (load<std::uint16_t>(block + 2) >> (2 * group)) & 3;
        const auto small = static_cast<float>((low | (high << 4)) - 32);
        return even_group(iq4_at(block + 8 + 16 * group), half_at(block) * small);
    }
};

// Digit `power` (3^n) of each byte, as -1, 0 or 1: a fraction of 256 compared with its thirds.
TANDEM_AVX2_INLINE __m256i ternary_digits(__m256i packed, __m256i power) {
    const __m256i low_bytes = _mm256_set1_epi16(0x00FF);
    const __m256i even = _mm256_and_si256(_mm256_mullo_epi16(packed, power), low_bytes);
    const __m256i odd = _mm256_slli_epi16(_mm256_mullo_epi16(_mm256_srli_epi16(packed, 8), power), 8);
    const __m256i fractions = _mm256_or_si256(even, odd);
    const __m256i second = _mm256_set1_epi8(86);
    const __m256i third = _mm256_set1_epi8(static_cast<char>(171));
    const __m256i in_second = _mm256_cmpeq_epi8(_mm256_max_epu8(fractions, second), fractions);
    const __m256i in_third = _mm256_cmpeq_epi8(_mm256_max_epu8(fractions, third), fractions);
    return _mm256_sub_epi8(_mm256_sub_epi8(_mm256_set1_epi8(-1), in_second), in_third);
}

struct Tq1_0 {
    static constexpr std::ptrdiff_t bytes = 54, groups = 8;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static __m256i halves(short low, short high) {
        return _mm256_set_m128i(_mm_set1_epi16(high), _mm_set1_epi16(low));
    }
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        constexpr short powers[5] = {1, 3, 9, 27, 81};
        const float scale = half_at(block + 52);
        if (group < 5) {  // the first 32 bytes, a digit of each
            return even_group(ternary_digits(bytes_at(block), _mm256_set1_epi16(powers[group])), scale);
        }
        const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 32));
        if (group < 7) {  // the next 16, two digits of each
            const __m256i power = halves(powers[2 * (group - 5)], powers[2 * (group - 5) + 1]);
            return even_group(ternary_digits(_mm256_broadcastsi128_si256(next), power), scale);
        }
        // Their last digit, then four digits of the last 4 bytes.
        const __m128i last = _mm_set1_epi32(load<std::int32_t>(block + 48));
        const __m256i power = _mm256_set_epi16(27, 27, 9, 9, 3, 3, 1, 1, 81, 81, 81, 81, 81, 81, 81, 81);
        return even_group(ternary_digits(_mm256_set_m128i(last, next), power), scale);
    }
};

struct Tq2_0 {
    static constexpr std::ptrdiff_t bytes = 66, groups = 8;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t group) {
        const __m256i codes = shifted(bytes_at(block + group / 4 * 32), group % 4 * 2, 3);
        return even_group(_mm256_sub_epi8(codes, _mm256_set1_epi8(1)), half_at(block + 64));
    }
};

}  // namespace tandem::kernels::avx2
