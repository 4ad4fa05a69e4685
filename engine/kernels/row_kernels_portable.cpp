// Expands a stretch of a row into a small buffer that stays in the first cache, then multiplies it.
#include <algorithm>
#include <array>

#include "engine/kernels/row_kernels_tables.h"
#include "engine/tensor/block_codecs.h"

namespace tandem::kernels {
namespace {

constexpr std::int64_t stretch = 256;  // a multiple of every type's block
constexpr std::size_t lanes = 8;

using Expand = void (*)(const std::byte*, std::size_t, float*);

// Independent sums, so that the compiler may add them side by side.
void add_products(const float* weights, const float* x, std::int64_t count, std::array<float, lanes>& sums) {
    std::int64_t i = 0;
    for (; i + static_cast<std::int64_t>(lanes) <= count; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            sums[lane] += weights[i + static_cast<std::int64_t>(lane)] * x[i + static_cast<std::int64_t>(lane)];
        }
    }
    for (; i < count; ++i) {
        sums[0] += weights[i] * x[i];
    }
}

template <Expand expand, std::int64_t block_elements, std::int64_t block_bytes>
float row_product(const std::byte* row, const float* x, std::int64_t columns) {
    std::array<float, lanes> sums{};
    std::array<float, stretch> buffer;
    for (std::int64_t done = 0; done < columns; done += stretch) {
        const std::int64_t count = std::min(stretch, columns - done);
        expand(row + done / block_elements * block_bytes, static_cast<std::size_t>(count), buffer.data());
        add_products(buffer.data(), x + done, count, sums);
    }
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

template <Expand expand, std::int64_t block_elements, std::int64_t block_bytes>
void run(const RowTile& tile) {
    for (std::int64_t row = 0; row < tile.rows; ++row) {
        const std::byte* weights = tile.weights + static_cast<std::size_t>(row) * tile.row_bytes;
        for (std::int64_t token = 0; token < tile.tokens; ++token) {
            tile.out[token * tile.out_stride + row] =
                row_product<expand, block_elements, block_bytes>(weights, tile.x + token * tile.x_stride, tile.columns);
        }
    }
}

void widen_i8(const std::byte* codes, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<float>(static_cast<std::int8_t>(codes[i]));
    }
}

void run_i8(const RowTile& tile) {
    run<widen_i8, 1, 1>(tile);
    scale_rows(tile);
}

}  // namespace

void scale_rows(const RowTile& tile) {
    for (std::int64_t token = 0; token < tile.tokens; ++token) {
        float* out = tile.out + token * tile.out_stride;
        for (std::int64_t row = 0; row < tile.rows; ++row) {
            out[row] *= tile.row_scales[row];
        }
    }
}

RowKernel portable_kernel(TensorType type) {
    switch (type) {
        case TensorType::f32:
            return run<blocks::widen_f32, 1, 4>;
        case TensorType::f16:
            return run<blocks::widen_f16, 1, 2>;
        case TensorType::bf16:
            return run<blocks::widen_bf16, 1, 2>;
        case TensorType::f64:
            return run<blocks::narrow_f64, 1, 8>;
        case TensorType::i8:
            return run_i8;
        case TensorType::q4_0:
            return run<blocks::expand_q4_0, 32, 18>;
        case TensorType::q4_1:
            return run<blocks::expand_q4_1, 32, 20>;
        case TensorType::q5_0:
            return run<blocks::expand_q5_0, 32, 22>;
        case TensorType::q5_1:
            return run<blocks::expand_q5_1, 32, 24>;
        case TensorType::q8_0:
            return run<blocks::expand_q8_0, 32, 34>;
        case TensorType::q4_k:
            return run<blocks::expand_q4_k, 256, 144>;
        case TensorType::q5_k:
            return run<blocks::expand_q5_k, 256, 176>;
        case TensorType::q6_k:
            return run<blocks::expand_q6_k, 256, 210>;
        case TensorType::q2_k:
            return run<blocks::expand_q2_k, 256, 84>;
        case TensorType::q3_k:
            return run<blocks::expand_q3_k, 256, 110>;
        case TensorType::iq4_nl:
            return run<blocks::expand_iq4_nl, 32, 18>;
        case TensorType::iq4_xs:
            return run<blocks::expand_iq4_xs, 256, 136>;
        case TensorType::tq1_0:
            return run<blocks::expand_tq1_0, 256, 54>;
        case TensorType::tq2_0:
            return run<blocks::expand_tq2_0, 256, 66>;
        default:
            return nullptr;
    }
}

}  // namespace tandem::kernels
