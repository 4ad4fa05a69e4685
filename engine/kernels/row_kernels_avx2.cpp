// AVX2 with FMA and F16C. The instructions are switched on function by function: a flag for the whole file would let
// them leak into inline functions that the rest of the program shares. Compiled without contraction, so that a number
// is rounded after its product and after its sum exactly as dequantise() rounds it.
#include "engine/kernels/row_kernels_tables.h"
#include "engine/tensor/block_codecs.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TANDEM_AVX2 __attribute__((target("avx2,fma,f16c")))
#define TANDEM_AVX2_INLINE __attribute__((target("avx2,fma,f16c"), always_inline)) inline

namespace tandem::kernels {
namespace {

using blocks::load;

// 32 neighbouring elements of a row: element = code * scale + offset.
struct Group {
    __m256i codes;  // signed bytes
    float low_scale;
    float high_scale;  // of the last 16
    float offset;
};

// Decoding reads every weight once, from main memory, slower than the processor's own guesses fetch it: asking half a
// page ahead more than halves the time. Addresses behind the end are ignored.
TANDEM_AVX2_INLINE void prefetch(const std::byte* at) {
    constexpr std::ptrdiff_t ahead = 2048;
    _mm_prefetch(reinterpret_cast<const char*>(at) + ahead, _MM_HINT_T0);
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
        const float scale = half_at(block);
        return {_mm256_sub_epi8(nibbles_at(block + 2), _mm256_set1_epi8(8)), scale, scale, 0};
    }
};

struct Q4_1 {
    static constexpr std::ptrdiff_t bytes = 20, groups = 1;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const float scale = half_at(block);
        return {nibbles_at(block + 4), scale, scale, half_at(block + 2)};
    }
};

struct Q5_0 {
    static constexpr std::ptrdiff_t bytes = 22, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const float scale = half_at(block);
        const __m256i codes = _mm256_or_si256(nibbles_at(block + 6), fifth_bits_at(block + 2));
        return {_mm256_sub_epi8(codes, _mm256_set1_epi8(16)), scale, scale, 0};
    }
};

struct Q5_1 {
    static constexpr std::ptrdiff_t bytes = 24, groups = 1;
    static constexpr bool has_offset = true;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const float scale = half_at(block);
        return {_mm256_or_si256(nibbles_at(block + 8), fifth_bits_at(block + 4)), scale, scale, half_at(block + 2)};
    }
};

struct Q8_0 {
    static constexpr std::ptrdiff_t bytes = 34, groups = 1;
    static constexpr bool has_offset = false;
    TANDEM_AVX2_INLINE static Group group(const std::byte* block, std::ptrdiff_t) {
        const float scale = half_at(block);
        return {bytes_at(block + 2), scale, scale, 0};
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
    const float wide = half_at(block) * static_cast<float>(scale);
    return {codes, wide, wide, -(half_at(block + 2) * static_cast<float>(minimum))};
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
                wide * static_cast<float>(scales[1]), 0};
    }
};

TANDEM_AVX2_INLINE float sum_of(__m256 lanes) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

// Eight elements: quarter 0..3 of a group.
template <class Type>
TANDEM_AVX2_INLINE __m256 expand_quarter(const Group& group, std::ptrdiff_t quarter) {
    const __m128i half = quarter < 2 ? _mm256_castsi256_si128(group.codes) : _mm256_extracti128_si256(group.codes, 1);
    const __m128i eight = quarter % 2 == 0 ? half : _mm_srli_si128(half, 8);
    const __m256 codes = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight));
    const __m256 scaled = _mm256_mul_ps(codes, _mm256_set1_ps(quarter < 2 ? group.low_scale : group.high_scale));
    return Type::has_offset ? _mm256_add_ps(scaled, _mm256_set1_ps(group.offset)) : scaled;
}

// One row of weights by `tokens` rows of activations; an element is expanded once for all of them.
template <class Type, int tokens>
TANDEM_AVX2 void block_row(const std::byte* row, const RowTile& tile, const float* x, float* out) {
    constexpr int chains = tokens == 1 ? 4 : 2;  // independent sums, as many as there are registers for
    __m256 sums[tokens][chains];
    for (auto& of_token : sums) {
        for (__m256& sum : of_token) {
            sum = _mm256_setzero_ps();
        }
    }
    constexpr std::int64_t block_elements = 32 * Type::groups;
    for (std::int64_t done = 0; done < tile.columns; done += block_elements, row += Type::bytes) {
        for (std::ptrdiff_t g = 0; g < Type::groups; ++g) {
            prefetch(row + g * (Type::bytes / Type::groups));
            const Group group = Type::group(row, g);
            for (std::ptrdiff_t quarter = 0; quarter < 4; ++quarter) {
                const __m256 weights = expand_quarter<Type>(group, quarter);
                const float* at = x + done + 32 * g + 8 * quarter;
                for (int token = 0; token < tokens; ++token) {
                    __m256& sum = sums[token][quarter % chains];
                    sum = _mm256_fmadd_ps(weights, _mm256_loadu_ps(at + token * tile.x_stride), sum);
                }
            }
        }
    }
    for (int token = 0; token < tokens; ++token) {
        __m256 sum = _mm256_add_ps(sums[token][0], sums[token][1]);
        if constexpr (chains == 4) {
            sum = _mm256_add_ps(sum, _mm256_add_ps(sums[token][2], sums[token][3]));
        }
        out[token * tile.out_stride] = sum_of(sum);
    }
}

template <class Type>
void run_blocks(const RowTile& tile) {
    for (std::int64_t row = 0; row < tile.rows; ++row) {
        const std::byte* weights = tile.weights + static_cast<std::size_t>(row) * tile.row_bytes;
        std::int64_t token = 0;
        for (; token + 4 <= tile.tokens; token += 4) {
            block_row<Type, 4>(weights, tile, tile.x + token * tile.x_stride, tile.out + token * tile.out_stride + row);
        }
        for (; token < tile.tokens; ++token) {
            block_row<Type, 1>(weights, tile, tile.x + token * tile.x_stride, tile.out + token * tile.out_stride + row);
        }
    }
}

struct F32 {
    static constexpr std::size_t bytes = 4;
    TANDEM_AVX2_INLINE static __m256 eight(const std::byte* at) {
        return _mm256_loadu_ps(reinterpret_cast<const float*>(at));
    }
    static void widen(const std::byte* at, std::size_t count, float* out) { blocks::widen_f32(at, count, out); }
};

struct F16 {
    static constexpr std::size_t bytes = 2;
    TANDEM_AVX2_INLINE static __m256 eight(const std::byte* at) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
    }
    static void widen(const std::byte* at, std::size_t count, float* out) { blocks::widen_f16(at, count, out); }
};

struct Bf16 {
    static constexpr std::size_t bytes = 2;
    TANDEM_AVX2_INLINE static __m256 eight(const std::byte* at) {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
        return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
    static void widen(const std::byte* at, std::size_t count, float* out) { blocks::widen_bf16(at, count, out); }
};

template <class Type>
TANDEM_AVX2 float plain_product(const std::byte* row, const float* x, std::int64_t columns) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    std::int64_t i = 0;
    for (; i + 32 <= columns; i += 32) {
        for (std::ptrdiff_t quarter = 0; quarter < 4; ++quarter) {
            const std::int64_t at = i + 8 * quarter;
            prefetch(row + static_cast<std::size_t>(at) * Type::bytes);
            const __m256 weights = Type::eight(row + static_cast<std::size_t>(at) * Type::bytes);
            sums[quarter] = _mm256_fmadd_ps(weights, _mm256_loadu_ps(x + at), sums[quarter]);
        }
    }
    float rest[32];
    const auto left = static_cast<std::size_t>(columns - i);
    Type::widen(row + static_cast<std::size_t>(i) * Type::bytes, left, rest);
    float product = sum_of(_mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3])));
    for (std::size_t j = 0; j < left; ++j) {
        product += rest[j] * x[i + static_cast<std::int64_t>(j)];
    }
    return product;
}

template <class Type>
void run_plain(const RowTile& tile) {
    for (std::int64_t row = 0; row < tile.rows; ++row) {
        const std::byte* weights = tile.weights + static_cast<std::size_t>(row) * tile.row_bytes;
        for (std::int64_t token = 0; token < tile.tokens; ++token) {
            tile.out[token * tile.out_stride + row] =
                plain_product<Type>(weights, tile.x + token * tile.x_stride, tile.columns);
        }
    }
}

}  // namespace

RowKernel avx2_kernel(TensorType type) {
    switch (type) {
        case TensorType::f32:
            return run_plain<F32>;
        case TensorType::f16:
            return run_plain<F16>;
        case TensorType::bf16:
            return run_plain<Bf16>;
        case TensorType::q4_0:
            return run_blocks<Q4_0>;
        case TensorType::q4_1:
            return run_blocks<Q4_1>;
        case TensorType::q5_0:
            return run_blocks<Q5_0>;
        case TensorType::q5_1:
            return run_blocks<Q5_1>;
        case TensorType::q8_0:
            return run_blocks<Q8_0>;
        case TensorType::q4_k:
            return run_blocks<Q4_K>;
        case TensorType::q5_k:
            return run_blocks<Q5_K>;
        case TensorType::q6_k:
            return run_blocks<Q6_K>;
        default:
            return nullptr;
    }
}

}  // namespace tandem::kernels

#else

namespace tandem::kernels {

RowKernel avx2_kernel(TensorType) {
    return nullptr;
}

}  // namespace tandem::kernels

#endif
