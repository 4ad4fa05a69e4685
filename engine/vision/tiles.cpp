// Tiles of pictures that are larger than an encoder looks at, as LLaVA-NeXT's processor cuts them.
#include <algorithm>
#include <cmath>

#include "engine/vision/decode.h"
#include "engine/vision/preprocessor.h"

namespace tandem {
namespace {

// The grid in which most of the picture's pixels survive, of those the one that leaves least empty.
HeightWidth best_grid(const HeightWidth& picture, const std::vector<HeightWidth>& grids) {
    const auto high = static_cast<double>(picture.height);
    const auto wide = static_cast<double>(picture.width);
    HeightWidth best = grids.front();
    std::int64_t most_used = 0;
    std::int64_t least_wasted = 0;
    for (const HeightWidth& grid : grids) {
        const double scale = std::min(static_cast<double>(grid.width) / wide, static_cast<double>(grid.height) / high);
        const auto scaled_pixels = static_cast<std::int64_t>(wide * scale) * static_cast<std::int64_t>(high * scale);
        const std::int64_t used = std::min(scaled_pixels, picture.height * picture.width);
        const std::int64_t wasted = grid.height * grid.width - used;
        if (used > most_used || (used == most_used && used > 0 && wasted < least_wasted)) {
            most_used = used;
            least_wasted = wasted;
            best = grid;
        }
    }
    return best;
}

HeightWidth size_within(const HeightWidth& picture, const HeightWidth& grid) {
    const auto high = static_cast<double>(picture.height);
    const auto wide = static_cast<double>(picture.width);
    const double by_width = static_cast<double>(grid.width) / wide;
    const double by_height = static_cast<double>(grid.height) / high;
    if (by_width < by_height) {
        return {std::min(static_cast<std::int64_t>(std::ceil(high * by_width)), grid.height), grid.width};
    }
    return {grid.height, std::min(static_cast<std::int64_t>(std::ceil(wide * by_height)), grid.width)};
}

// What of `from` lies in a frame that begins at (top, left) of it; black outside.
Picture framed(const Picture& from, std::int64_t top, std::int64_t left, std::int64_t height, std::int64_t width) {
    Picture result = Picture::black(height, width);
    for (std::int64_t row = 0; row < height; ++row) {
        for (std::int64_t column = 0; column < width; ++column) {
            const std::int64_t y = top + row;
            const std::int64_t x = left + column;
            if (y >= 0 && y < from.height && x >= 0 && x < from.width) {
                std::copy_n(from.at(y, x), 3, result.at(row, column));
            }
        }
    }
    return result;
}

}  // namespace

Result<std::vector<Picture>> tiles_of(const Picture& picture, const PreprocessorSettings& settings) {
    const HeightWidth own{picture.height, picture.width};
    const HeightWidth grid = best_grid(own, settings.grids);
    TANDEM_TRY(check_pixels(grid.height, grid.width, "image_grid_pinpoints"));
    const HeightWidth scaled = size_within(own, grid);
    std::vector<Picture> views;
    views.push_back(TANDEM_TRY(resized(picture, settings.thumbnail.height, settings.thumbnail.width, settings.filter)));
    const Picture whole = TANDEM_TRY(resized(picture, scaled.height, scaled.width, settings.filter));
    const std::int64_t above = (grid.height - scaled.height) / 2;
    const std::int64_t before = (grid.width - scaled.width) / 2;
    for (std::int64_t row = 0; row < grid.height; row += settings.tile) {
        for (std::int64_t column = 0; column < grid.width; column += settings.tile) {
            views.push_back(framed(whole, row - above, column - before, std::min(settings.tile, grid.height - row),
                                   std::min(settings.tile, grid.width - column)));
        }
    }
    return views;
}

}  // namespace tandem
