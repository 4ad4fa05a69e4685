#include "engine/vision/preprocessor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/vision/decode.h"

namespace tandem {
namespace {

std::int64_t whole(double value) {
    return static_cast<std::int64_t>(value);
}

HeightWidth by_shortest(const HeightWidth& picture, std::int64_t shortest) {
    const auto [least, most] = std::minmax(picture.height, picture.width);
    const std::int64_t longer = whole(static_cast<double>(shortest * most) / static_cast<double>(least));
    return picture.width <= picture.height ? HeightWidth{longer, shortest} : HeightWidth{shortest, longer};
}

HeightWidth by_both_edges(const HeightWidth& picture, std::int64_t shortest, std::int64_t longest) {
    const auto height = static_cast<double>(picture.height);
    const auto width = static_cast<double>(picture.width);
    const double least = std::min(height, width);
    const double most = std::max(height, width);
    double exact = static_cast<double>(shortest);
    if (most / least * exact > static_cast<double>(longest)) {
        exact = static_cast<double>(longest) * least / most;
        shortest = whole(std::nearbyint(exact));
    }
    if ((height <= width && picture.height == shortest) || (width <= height && picture.width == shortest)) {
        return picture;
    }
    return width < height ? HeightWidth{whole(exact * height / width), shortest}
                          : HeightWidth{shortest, whole(exact * width / height)};
}

std::string text_of(const HeightWidth& size) {
    return std::to_string(size.height) + " x " + std::to_string(size.width);
}

// One view in the end's size: levels to numbers, by channel.
void put_view(const Picture& view, const PreprocessorSettings& settings, const HeightWidth& size, float* out) {
    for (int channel = 0; channel < 3; ++channel) {
        // All that a level can become.
        std::array<float, 256> table{};
        for (int level = 0; level < 256; ++level) {
            auto value = static_cast<float>(settings.rescale ? level * *settings.rescale : level);
            if (settings.mean) {
                value = (value - (*settings.mean)[static_cast<std::size_t>(channel)]) /
                        settings.deviation[static_cast<std::size_t>(channel)];
            }
            table[static_cast<std::size_t>(level)] = value;
        }
        for (std::int64_t row = 0; row < view.height; ++row) {
            for (std::int64_t column = 0; column < view.width; ++column) {
                out[(channel * size.height + row) * size.width + column] = table[view.at(row, column)[channel]];
            }
        }
    }
}

// `pixels` counts those of all views, each before it is made.
Result<void> count_view(const HeightWidth& size, std::int64_t& pixels) {
    TANDEM_TRY(check_pixels(size.height, size.width, "image"));
    pixels += size.height * size.width;
    if (pixels > most_pixels) {
        return large_picture("the pictures and their tiles become more than " + std::to_string(most_pixels) +
                                 " pixels, which is what is allowed of those that are computed together",
                             "image");
    }
    return {};
}

Result<std::vector<Picture>> views_of(const Picture& picture, const PreprocessorSettings& settings,
                                      std::int64_t& pixels) {
    std::vector<Picture> views;
    if (settings.grids.empty()) {
        views.push_back(picture);
    } else {
        views = TANDEM_TRY(tiles_of(picture, settings));
    }
    for (Picture& view : views) {
        HeightWidth size{view.height, view.width};
        if (settings.resize) {
            size = settings.resize->of(size);
            size = {std::max<std::int64_t>(size.height, 1), std::max<std::int64_t>(size.width, 1)};
        }
        TANDEM_TRY(count_view(settings.crop.value_or(size), pixels));
        if (settings.resize) {
            view = TANDEM_TRY(resized(view, size.height, size.width, settings.filter));
        }
        if (settings.crop) {
            view = centre_crop(view, *settings.crop);
        }
    }
    return views;
}

}  // namespace

HeightWidth TargetSize::of(const HeightWidth& picture) const {
    switch (kind) {
        case Kind::exact:
            break;
        case Kind::shortest_edge:
            return by_shortest(picture, shortest);
        case Kind::shortest_and_longest_edge:
            return by_both_edges(picture, shortest, longest);
        case Kind::fit: {
            const auto high = static_cast<double>(picture.height);
            const auto wide = static_cast<double>(picture.width);
            const double scale = std::min(static_cast<double>(height) / high, static_cast<double>(width) / wide);
            return {whole(high * scale), whole(wide * scale)};
        }
    }
    return {height, width};
}

std::int64_t PixelBatch::count() const {
    return std::accumulate(views.begin(), views.end(), std::int64_t{0});
}

Picture centre_crop(const Picture& picture, const HeightWidth& crop) {
    // Where a picture is smaller it lies in the middle of black, an odd pixel more above and at the left.
    const std::int64_t high = std::max(crop.height, picture.height);
    const std::int64_t wide = std::max(crop.width, picture.width);
    const std::int64_t above = (high - picture.height + 1) / 2;
    const std::int64_t left = (wide - picture.width + 1) / 2;
    const auto floor_half = [](std::int64_t value) { return value >= 0 ? value / 2 : -((-value + 1) / 2); };
    const std::int64_t first_row = std::max<std::int64_t>(floor_half(picture.height - crop.height) + above, 0);
    const std::int64_t first_column = std::max<std::int64_t>(floor_half(picture.width - crop.width) + left, 0);
    Picture result = Picture::black(crop.height, crop.width);
    for (std::int64_t row = 0; row < crop.height; ++row) {
        for (std::int64_t column = 0; column < crop.width; ++column) {
            const std::int64_t y = first_row + row - above;
            const std::int64_t x = first_column + column - left;
            if (y >= 0 && y < picture.height && x >= 0 && x < picture.width) {
                std::copy_n(picture.at(y, x), 3, result.at(row, column));
            }
        }
    }
    return result;
}

Result<PixelBatch> preprocess(const std::vector<Picture>& pictures, const PreprocessorSettings& settings) {
    PixelBatch batch;
    std::vector<Picture> views;
    std::int64_t pixels = 0;
    for (const Picture& picture : pictures) {
        std::vector<Picture> some = TANDEM_TRY(views_of(picture, settings, pixels));
        batch.views.push_back(static_cast<std::int64_t>(some.size()));
        std::ranges::move(some, std::back_inserter(views));
    }
    HeightWidth size{};
    for (const Picture& view : views) {
        size.height = std::max(size.height, view.height);
        size.width = std::max(size.width, view.width);
    }
    if (settings.pad && settings.pad_size) {
        const HeightWidth padded = *settings.pad_size;
        if (size.height > padded.height || size.width > padded.width) {
            return Error{.code = "PICTURE_SIZES",
                         .message = "a picture of " + text_of(size) + " pixels does not fit into a pad_size of " +
                                    text_of(padded) + "; nothing was computed",
                         .where = "pad_size"};
        }
        size = padded;
    }
    for (const Picture& view : views) {
        const HeightWidth own{view.height, view.width};
        if (!settings.pad && own != size) {
            return Error{.code = "PICTURE_SIZES",
                         .message = "the pictures come out as " + text_of(own) + " and " + text_of(size) +
                                    " pixels, and only pictures of one size are computed together: give them one by "
                                    "one; nothing was computed",
                         .where = "image"};
        }
    }
    TANDEM_TRY(check_pixels(size.height * static_cast<std::int64_t>(views.size()), size.width, "image"));
    const std::int64_t numbers = 3 * size.height * size.width;
    batch.height = size.height;
    batch.width = size.width;
    batch.values.resize(static_cast<std::size_t>(numbers) * views.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
        put_view(views[i], settings, size, batch.values.data() + static_cast<std::int64_t>(i) * numbers);
    }
    return batch;
}

}  // namespace tandem
