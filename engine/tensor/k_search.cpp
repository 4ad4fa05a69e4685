#include "engine/tensor/k_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/tensor/tensor_type.h"

namespace tandem::blocks {
namespace {

constexpr std::size_t lanes = 8;  // sums side by side, so that the compiler may use vectors

struct Lanes {
    float value[lanes] = {};
    float sum() const {
        return ((value[0] + value[4]) + (value[1] + value[5])) + ((value[2] + value[6]) + (value[3] + value[7]));
    }
};

// To the nearest whole number, ties to even, for magnitudes below 2^22; no branch and no call.
float nearest(float x) {
    constexpr float shift = 12582912.0F;  // 1.5 * 2^23
    return (x + shift) - shift;
}

float clamped(float x, float low, float high) {
    return std::min(std::max(x, low), high);
}

// What a float that was clamped stands for; no number at all is 0.
int whole(float x) {
    return x == x ? static_cast<int>(x) : 0;
}

struct Range {
    float low;
    float high;
};

// code = nearest((x + offset) * inverse), clamped.
template <std::size_t size>
void choose_codes(const float* x, float inverse, float offset, Range range, float* codes) {
    for (std::size_t i = 0; i < size; ++i) {
        codes[i] = clamped(nearest(clamped((x[i] + offset) * inverse, -1e6F, 1e6F)), range.low, range.high);
    }
}

template <std::size_t size>
float squared_error(const float* x, const float* codes, float scale, float minimum) {
    Lanes sums;
    for (std::size_t i = 0; i < size; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float difference = scale * codes[i + lane] - minimum - x[i + lane];
            sums.value[lane] += difference * difference;
        }
    }
    return sums.sum();
}

struct Moments {
    float codes = 0;
    float squares = 0;
    float products = 0;  // of codes and values
};

template <std::size_t size>
Moments moments_of(const float* x, const float* codes) {
    Lanes sum;
    Lanes squares;
    Lanes products;
    for (std::size_t i = 0; i < size; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float code = codes[i + lane];
            sum.value[lane] += code;
            squares.value[lane] += code * code;
            products.value[lane] += code * x[i + lane];
        }
    }
    return {sum.sum(), squares.sum(), products.sum()};
}

struct Step {
    float scale = 0;
    float minimum = 0;
    float error = std::numeric_limits<float>::infinity();
};

// Scale and minimum (not below 0) of least squared error for given codes.
template <std::size_t size>
Step least_squares(const float* x, const float* codes, float sum_x) {
    const Moments of = moments_of<size>(x, codes);
    const float count = size;
    const float determinant = count * of.squares - of.codes * of.codes;
    Step step;
    if (determinant > 0) {
        step.scale = (count * of.products - sum_x * of.codes) / determinant;
        step.minimum = -(of.squares * sum_x - of.codes * of.products) / determinant;
    }
    if (!(determinant > 0) || !(step.minimum >= 0)) {
        step.minimum = 0;
        step.scale = of.squares > 0 ? of.products / of.squares : 0;
    }
    step.scale = std::max(step.scale, 0.0F);
    step.error = squared_error<size>(x, codes, step.scale, step.minimum);
    return step;
}

template <std::size_t size>
Step best_offset_step(const float* x, float top_code) {
    float low = 0;
    float high = x[0];
    Lanes sums;
    for (std::size_t i = 0; i < size; ++i) {
        low = std::min(low, x[i]);
        high = std::max(high, x[i]);
        sums.value[i % lanes] += x[i];
    }
    const float sum_x = sums.sum();
    Step best{.scale = 0, .minimum = -low, .error = squared_error<size>(x, x, 0, -low)};
    if (!(high > low)) {
        return best;
    }
    float codes[size];
    const Range range{0, top_code};
    // Steps that stretch the codes over somewhat less or more than the values' range.
    for (int offset = -9; offset <= 9; ++offset) {
        const float stretch = top_code + static_cast<float>(offset) * (top_code > 8 ? 0.1F : 0.06F);
        choose_codes<size>(x, stretch / (high - low), -low, range, codes);
        const Step step = least_squares<size>(x, codes, sum_x);
        best = step.error < best.error ? step : best;
    }
    for (int round = 0; round < 3 && best.scale > 0; ++round) {
        choose_codes<size>(x, 1 / best.scale, best.minimum, range, codes);
        const Step step = least_squares<size>(x, codes, sum_x);
        if (!(step.error < best.error)) {
            break;
        }
        best = step;
    }
    return best;
}

// The best step of a group's codes for a scale and a minimum that a reader will see; leaves the codes.
template <std::size_t size>
float error_of_step(const float* x, float scale, float minimum, Range range, float* codes) {
    if (scale == 0) {
        std::fill(codes, codes + size, 0.0F);
    } else {
        choose_codes<size>(x, 1 / scale, minimum, range, codes);
    }
    return squared_error<size>(x, codes, scale, minimum);
}

template <std::size_t groups, std::size_t size>
struct Candidate {
    float d = 0;
    float dmin = 0;
    std::array<float, groups> scale{};
    std::array<float, groups> minimum{};
    std::array<float, groups * size> codes{};
    float error = std::numeric_limits<float>::infinity();
};

float as_half(float x) {
    return f16_to_f32(f32_to_f16(x));
}

// Whole scales and minima near the wished ones, and codes, for given d and dmin.
template <std::size_t groups, std::size_t size>
Candidate<groups, size> with_wide_scales(const float* x, const std::array<Step, groups>& steps, float d, float dmin,
                                         float top_code, float top_scale) {
    Candidate<groups, size> result{.d = d, .dmin = dmin};
    result.error = 0;
    const float inverse = d > 0 ? 1 / d : 0;
    const float inverse_min = dmin > 0 ? 1 / dmin : 0;
    float codes[size];
    for (std::size_t g = 0; g < groups; ++g) {
        const float near_scale = nearest(clamped(steps[g].scale * inverse, 0, top_scale));
        const float near_minimum = nearest(clamped(steps[g].minimum * inverse_min, 0, top_scale));
        float best = std::numeric_limits<float>::infinity();
        for (int ds = -1; ds <= 1; ++ds) {
            for (int dm = -1; dm <= 1; ++dm) {
                const float scale = near_scale + static_cast<float>(ds);
                const float minimum = near_minimum + static_cast<float>(dm);
                if (scale < 0 || scale > top_scale || minimum < 0 || minimum > top_scale) {
                    continue;
                }
                const float error = error_of_step<size>(x + g * size, d * scale, dmin * minimum, {0, top_code}, codes);
                if (error < best || (ds == -1 && dm == -1) || !(best < std::numeric_limits<float>::infinity())) {
                    best = error;
                    result.scale[g] = scale;
                    result.minimum[g] = minimum;
                    std::copy(codes, codes + size, result.codes.begin() + g * size);
                }
            }
        }
        result.error += best;
    }
    return result;
}

// d and dmin of least squared error for everything else as it is.
template <std::size_t groups, std::size_t size>
std::pair<float, float> wide_least_squares(const float* x, const Candidate<groups, size>& of) {
    double uu = 0;
    double uv = 0;
    double vv = 0;
    double ux = 0;
    double vx = 0;
    for (std::size_t g = 0; g < groups; ++g) {
        const Moments moments = moments_of<size>(x + g * size, of.codes.data() + g * size);
        float sum_x = 0;
        for (std::size_t i = 0; i < size; ++i) {
            sum_x += x[g * size + i];
        }
        const double scale = of.scale[g];
        const double minimum = of.minimum[g];
        uu += scale * scale * static_cast<double>(moments.squares);
        uv += scale * minimum * static_cast<double>(moments.codes);
        vv += minimum * minimum * static_cast<double>(size);
        ux += scale * static_cast<double>(moments.products);
        vx += minimum * static_cast<double>(sum_x);
    }
    // Normal equations of x = d u - dmin v.
    const double determinant = uu * vv - uv * uv;
    if (determinant > 1e-12 * uu * vv) {
        return {static_cast<float>((ux * vv - uv * vx) / determinant),
                static_cast<float>((ux * uv - uu * vx) / determinant)};
    }
    return {uu > 0 ? static_cast<float>(ux / uu) : of.d, of.dmin};
}

}  // namespace

template <std::size_t groups, std::size_t size>
OffsetFit<groups, size> fit_with_offset(const float* values, int top_code, int top_scale) {
    const auto codes_top = static_cast<float>(top_code);
    const auto scales_top = static_cast<float>(top_scale);
    std::array<Step, groups> steps;
    float largest_scale = 0;
    float largest_minimum = 0;
    for (std::size_t g = 0; g < groups; ++g) {
        steps[g] = best_offset_step<size>(values + g * size, codes_top);
        largest_scale = std::max(largest_scale, steps[g].scale);
        largest_minimum = std::max(largest_minimum, steps[g].minimum);
    }
    auto best = with_wide_scales<groups, size>(values, steps, as_half(largest_scale / scales_top),
                                               as_half(largest_minimum / scales_top), codes_top, scales_top);
    for (int round = 0; round < 2; ++round) {
        const auto [d, dmin] = wide_least_squares<groups, size>(values, best);
        if (!(d > 0) || !(dmin >= 0)) {
            break;
        }
        const auto next =
            with_wide_scales<groups, size>(values, steps, as_half(d), as_half(dmin), codes_top, scales_top);
        if (!(next.error < best.error)) {
            break;
        }
        best = next;
    }
    OffsetFit<groups, size> fit;
    fit.d = f32_to_f16(best.d);
    fit.dmin = f32_to_f16(best.dmin);
    for (std::size_t g = 0; g < groups; ++g) {
        fit.scale[g] = static_cast<std::uint8_t>(whole(best.scale[g]));
        fit.minimum[g] = static_cast<std::uint8_t>(whole(best.minimum[g]));
    }
    for (std::size_t i = 0; i < groups * size; ++i) {
        fit.codes[i] = static_cast<std::uint8_t>(whole(best.codes[i]));
    }
    return fit;
}

namespace {

// The scale of least squared error, of either sign.
template <std::size_t size>
float best_symmetric_scale(const float* x, float half) {
    float extreme = 0;
    for (std::size_t i = 0; i < size; ++i) {
        extreme = std::fabs(x[i]) > std::fabs(extreme) ? x[i] : extreme;
    }
    if (extreme == 0 || !std::isfinite(extreme)) {
        return 0;
    }
    const Range range{-half, half - 1};
    float codes[size];
    float best_scale = -extreme / half;
    float best = -std::numeric_limits<float>::infinity();  // how much of the sum of squares is explained
    const auto consider = [&](float inverse) {
        choose_codes<size>(x, inverse, 0, range, codes);
        const Moments of = moments_of<size>(x, codes);
        const float explained = of.squares > 0 ? of.products * of.products / of.squares : 0;
        if (of.squares > 0 && explained > best) {
            best = explained;
            best_scale = of.products / of.squares;
            return true;
        }
        return false;
    };
    for (int offset = -9; offset <= 9; ++offset) {
        const float stretch = half + 0.1F * static_cast<float>(offset);
        consider(-stretch / extreme);
        if (half <= 8) {
            consider((stretch - 1) / extreme);
        }
    }
    for (int round = 0; round < 3 && best_scale != 0 && consider(1 / best_scale); ++round) {
    }
    return best_scale;
}

template <std::size_t groups, std::size_t size>
Candidate<groups, size> with_wide_scale(const float* x, const std::array<float, groups>& scales, float d, float half,
                                        float top_scale) {
    Candidate<groups, size> result{.d = d};
    result.error = 0;
    const float inverse = d != 0 ? 1 / d : 0;
    float codes[size];
    for (std::size_t g = 0; g < groups; ++g) {
        const float near_scale = nearest(clamped(scales[g] * inverse, -top_scale, top_scale - 1));
        float best = std::numeric_limits<float>::infinity();
        bool first = true;
        for (int ds = -1; ds <= 1; ++ds) {
            const float scale = near_scale + static_cast<float>(ds);
            if (scale < -top_scale || scale > top_scale - 1) {
                continue;
            }
            const float error = error_of_step<size>(x + g * size, d * scale, 0, {-half, half - 1}, codes);
            if (error < best || first) {
                best = error;
                first = false;
                result.scale[g] = scale;
                std::copy(codes, codes + size, result.codes.begin() + g * size);
            }
        }
        result.error += best;
    }
    return result;
}

}  // namespace

template <std::size_t groups, std::size_t size>
SymmetricFit<groups, size> fit_symmetric(const float* values, int half, int top_scale) {
    const auto codes_half = static_cast<float>(half);
    const auto scales_top = static_cast<float>(top_scale);
    std::array<float, groups> scales;
    float extreme = 0;
    for (std::size_t g = 0; g < groups; ++g) {
        scales[g] = best_symmetric_scale<size>(values + g * size, codes_half);
        extreme = std::fabs(scales[g]) > std::fabs(extreme) ? scales[g] : extreme;
    }
    auto best = with_wide_scale<groups, size>(values, scales, as_half(-extreme / scales_top), codes_half, scales_top);
    for (int round = 0; round < 2; ++round) {
        const float d = wide_least_squares<groups, size>(values, best).first;
        const auto next = with_wide_scale<groups, size>(values, scales, as_half(d), codes_half, scales_top);
        if (!(next.error < best.error)) {
            break;
        }
        best = next;
    }
    SymmetricFit<groups, size> fit;
    fit.d = f32_to_f16(best.d);
    for (std::size_t g = 0; g < groups; ++g) {
        fit.scale[g] = static_cast<std::int8_t>(whole(best.scale[g]));
    }
    for (std::size_t i = 0; i < groups * size; ++i) {
        fit.codes[i] = static_cast<std::uint8_t>(whole(best.codes[i] + codes_half));
    }
    return fit;
}

template OffsetFit<8, 32> fit_with_offset<8, 32>(const float*, int, int);
template OffsetFit<16, 16> fit_with_offset<16, 16>(const float*, int, int);
template SymmetricFit<16, 16> fit_symmetric<16, 16>(const float*, int, int);

}  // namespace tandem::blocks
