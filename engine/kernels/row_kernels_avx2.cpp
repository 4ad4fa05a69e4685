// AVX2 with FMA and F16C. Compiled without contraction, so that a number is rounded after its product and after its sum
// exactly as dequantise() rounds it.
#include "engine/kernels/row_kernels_tables.h"

#if defined(__x86_64__)
#include "engine/kernels/avx2_groups.h"

namespace tandem::kernels {
namespace avx2 {
namespace {

// Decoding reads every weight once, from main memory, slower than the processor's own guesses fetch it: asking half a
// page ahead more than halves the time. Addresses behind the end are ignored.
TANDEM_AVX2_INLINE void prefetch(const std::byte* at) {
    constexpr std::ptrdiff_t ahead = 2048;
    _mm_prefetch(reinterpret_cast<const char*>(at) + ahead, _MM_HINT_T0);
}

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
    return Type::has_offset ? _mm256_add_ps(scaled, _mm256_set1_ps(quarter < 2 ? group.low_offset : group.high_offset))
                            : scaled;
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

struct I8 {
    static constexpr std::size_t bytes = 1;
    TANDEM_AVX2_INLINE static __m256 eight(const std::byte* at) {
        return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(at))));
    }
    static void widen(const std::byte* at, std::size_t count, float* out) {
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = static_cast<float>(static_cast<std::int8_t>(at[i]));
        }
    }
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

void run_i8(const RowTile& tile) {
    run_plain<I8>(tile);
    scale_rows(tile);
}

}  // namespace
}  // namespace avx2

RowKernel avx2_kernel(TensorType type) {
    using namespace avx2;
    switch (type) {
        case TensorType::f32:
            return run_plain<F32>;
        case TensorType::f16:
            return run_plain<F16>;
        case TensorType::bf16:
            return run_plain<Bf16>;
        case TensorType::i8:
            return run_i8;
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
        case TensorType::q2_k:
            return run_blocks<Q2_K>;
        case TensorType::q3_k:
            return run_blocks<Q3_K>;
        case TensorType::iq4_nl:
            return run_blocks<Iq4_nl>;
        case TensorType::iq4_xs:
            return run_blocks<Iq4_xs>;
        case TensorType::tq1_0:
            return run_blocks<Tq1_0>;
        case TensorType::tq2_0:
            return run_blocks<Tq2_0>;
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
