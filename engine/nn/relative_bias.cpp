#include "engine/nn/relative_bias.h"

#include <cmath>

namespace tandem {

at::Tensor relative_buckets(const at::Tensor& distances, std::int64_t buckets, std::int64_t max_distance,
                            bool bidirectional) {
    const std::int64_t reach = bidirectional ? buckets / 2 : buckets;
    const at::Tensor away = bidirectional ? distances.abs() : distances.neg().clamp_min(0);
    const std::int64_t exact = reach / 2;
    const double octaves = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
    const at::Tensor far = at::log(away.to(at::kFloat) / exact) / octaves * (reach - exact);
    // log(0) of the query's own place is not taken: it is among the exact ones.
    const at::Tensor shared = (far.clamp_min(0).to(at::kLong) + exact).clamp_max(reach - 1);
    const at::Tensor bucket = at::where(away < exact, away, shared);
    return bidirectional ? bucket + (distances > 0).to(at::kLong) * reach : bucket;
}

at::Tensor RelativeBias::by_distance(std::int64_t span) const {
    const at::Tensor distances =
        at::arange(1 - span, span, at::TensorOptions(at::kLong).device(weight.device()));  // [2 * span - 1]
    const at::Tensor buckets = relative_buckets(distances, weight.size(0), max_distance, bidirectional);
    return weight.index_select(0, buckets).t().contiguous();
}

}  // namespace tandem
