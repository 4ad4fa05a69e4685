#include "engine/vision/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/vision/decode.h"

namespace tandem {
namespace {

constexpr int fraction_bits = 22;

double sinc(double x) {
    return x == 0 ? 1.0 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}

// The half width of a filter at its own scale.
double support(Filter filter) {
    switch (filter) {
        case Filter::nearest:
        case Filter::box:
            return 0.5;
        case Filter::bilinear:
        case Filter::hamming:
            return 1;
        case Filter::bicubic:
            return 2;
        case Filter::lanczos:
            return 3;
    }
    return 1;
}

double weight_at(Filter filter, double x) {
    switch (filter) {
        case Filter::nearest:
        case Filter::box:
            return x > -0.5 && x <= 0.5 ? 1 : 0;
        case Filter::bilinear:
            return std::max(0.0, 1 - std::abs(x));
        case Filter::hamming: {
            x = std::abs(x);
            if (x == 0) {
                return 1;
            }
            return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * std::cos(x * std::numbers::pi));
        }
        case Filter::bicubic: {  // Keys 1981 with a = -1/2
            constexpr double a = -0.5;
            x = std::abs(x);
            if (x < 1) {
                return ((a + 2) * x - (a + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
        case Filter::lanczos:
            return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
    return 0;
}

// For each place of the result, the places it is made of and how much each weighs.
struct Taps {
    struct Run {
        std::int64_t first = 0;
        std::int64_t count = 0;
    };
    std::vector<Run> runs;
    std::vector<std::int32_t> weights;  // `most` for each run
    std::int64_t most = 0;
};

Taps taps_for(std::int64_t from, std::int64_t to, Filter filter) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double widened = std::max(scale, 1.0);
    const double reach = support(filter) * widened;
    Taps taps;
    taps.most = static_cast<std::int64_t>(std::ceil(reach)) * 2 + 1;
    taps.runs.resize(static_cast<std::size_t>(to));
    taps.weights.resize(static_cast<std::size_t>(to * taps.most));
    std::vector<double> exact(static_cast<std::size_t>(taps.most));
    for (std::int64_t place = 0; place < to; ++place) {
        const double centre = (static_cast<double>(place) + 0.5) * scale;
        const double inverse = 1 / widened;
        const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0);
        const auto last = std::min<std::int64_t>(static_cast<std::int64_t>(centre + reach + 0.5), from);
        double sum = 0;
        for (std::int64_t i = 0; i < last - first; ++i) {
            const double weight = weight_at(filter, (static_cast<double>(i + first) - centre + 0.5) * inverse);
            exact[static_cast<std::size_t>(i)] = weight;
            sum += weight;
        }
        taps.runs[static_cast<std::size_t>(place)] = {first, last - first};
        for (std::int64_t i = 0; i < last - first; ++i) {
            const double weight =
                sum != 0 ? exact[static_cast<std::size_t>(i)] / sum : exact[static_cast<std::size_t>(i)];
            taps.weights[static_cast<std::size_t>(place * taps.most + i)] =
                static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << fraction_bits));
        }
    }
    return taps;
}

std::uint8_t rounded(std::int64_t sum) {
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> fraction_bits, 0, 255));
}

constexpr std::int64_t half = std::int64_t{1} << (fraction_bits - 1);

Picture resized_rows(const Picture& picture, std::int64_t width, Filter filter) {
    const Taps taps = taps_for(picture.width, width, filter);
    Picture result = Picture::black(picture.height, width);
    for (std::int64_t row = 0; row < picture.height; ++row) {
        for (std::int64_t column = 0; column < width; ++column) {
            const auto [first, count] = taps.runs[static_cast<std::size_t>(column)];
            const std::int32_t* weights = taps.weights.data() + column * taps.most;
            const std::uint8_t* in = picture.at(row, first);
            std::int64_t sums[3] = {half, half, half};
            for (std::int64_t i = 0; i < count; ++i, in += 3) {
                for (int c = 0; c < 3; ++c) {
                    sums[c] += std::int64_t{in[c]} * weights[i];
                }
            }
            std::transform(sums, sums + 3, result.at(row, column), rounded);
        }
    }
    return result;
}

Picture resized_columns(const Picture& picture, std::int64_t height, Filter filter) {
    const Taps taps = taps_for(picture.height, height, filter);
    Picture result = Picture::black(height, picture.width);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(picture.width * 3));
    for (std::int64_t row = 0; row < height; ++row) {
        const auto [first, count] = taps.runs[static_cast<std::size_t>(row)];
        std::ranges::fill(sums, half);
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t weight = taps.weights[static_cast<std::size_t>(row * taps.most + i)];
            const std::uint8_t* in = picture.at(first + i, 0);
            for (std::int64_t& sum : sums) {
                sum += *in++ * weight;
            }
        }
        std::ranges::transform(sums, result.at(row, 0), rounded);
    }
    return result;
}

// Which place of `from` each place of `to` repeats. Pillow adds the step up, and so do we.
std::vector<std::int64_t> nearest_places(std::int64_t from, std::int64_t to) {
    const double step = static_cast<double>(from) / static_cast<double>(to);
    std::vector<std::int64_t> places(static_cast<std::size_t>(to));
    double at = step * 0.5;
    for (std::int64_t& place : places) {
        place = std::min(static_cast<std::int64_t>(at), from - 1);
        at += step;
    }
    return places;
}

Picture resized_nearest(const Picture& picture, std::int64_t height, std::int64_t width) {
    const auto rows = nearest_places(picture.height, height);
    const auto columns = nearest_places(picture.width, width);
    Picture result = Picture::black(height, width);
    std::uint8_t* out = result.rgb.data();
    for (const std::int64_t row : rows) {
        for (const std::int64_t column : columns) {
            out = std::copy_n(picture.at(row, column), 3, out);
        }
    }
    return result;
}

}  // namespace

Result<Picture> resized(const Picture& picture, std::int64_t height, std::int64_t width, Filter filter) {
    if (height == picture.height && width == picture.width) {
        return picture;
    }
    TANDEM_TRY(check_stored_size(height, width, most_pixels, "resize"));
    if (filter == Filter::nearest) {
        return resized_nearest(picture, height, width);
    }
    if (width == picture.width) {
        return resized_columns(picture, height, filter);
    }
    if (height == picture.height) {
        return resized_rows(picture, width, filter);
    }
    if (height < picture.height && picture.height - height > 2 * (picture.width - width)) {
        return resized_rows(resized_columns(picture, height, filter), width, filter);
    }
    TANDEM_TRY(check_pixels(picture.height, width, "resize"));
    return resized_columns(resized_rows(picture, width, filter), height, filter);
}

}  // namespace tandem
