#include "engine/nn/patches.h"

#include <cmath>

namespace tandem {

at::Tensor PatchEmbedding::operator()(const at::Tensor& pixels) const {
    const std::int64_t sides[] = {weight.size(2), weight.size(3)};
    return at::conv2d(pixels, weight, bias, sides).flatten(2).transpose(1, 2);
}

at::Tensor stretch_positions(const at::Tensor& positions, std::int64_t rows, std::int64_t columns, bool antialias) {
    const std::int64_t hidden = positions.size(1);
    const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(positions.size(0))));
    const at::Tensor grid = positions.view({1, side, side, hidden}).permute({0, 3, 1, 2});
    const std::int64_t size[] = {rows, columns};
    const at::Tensor stretched =
        antialias ? at::_upsample_bicubic2d_aa(grid, size, false) : at::upsample_bicubic2d(grid, size, false);
    return stretched.permute({0, 2, 3, 1}).reshape({rows * columns, hidden});
}

}  // namespace tandem
