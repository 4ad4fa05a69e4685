#include "engine/benchmark/ratio.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/benchmark/statistics.h"

namespace tandem {
namespace {

constexpr double upper_quantile = 0.975;

bool usable(std::optional<double> mean) {
    return mean && std::isfinite(*mean) && *mean > 0;
}

// Variance of the logarithm of a mean.
double log_variance(const MetricSummary& metric) {
    const double relative = *metric.sd / *metric.mean;
    return relative * relative / static_cast<double>(metric.n);
}

}  // namespace

MetricSummary ratio_of(std::string name, const MetricSummary& above, const MetricSummary& below) {
    MetricSummary ratio{.name = std::move(name), .samples = {}};
    if (!usable(above.mean) || !usable(below.mean)) {
        return ratio;
    }
    ratio.n = std::min(above.n, below.n);
    ratio.mean = *above.mean / *below.mean;
    // A mean without an interval of its own is over samples that depend on each other.
    if (!above.sd || !below.sd || !above.ci95_low || !below.ci95_low || ratio.n < 2) {
        return ratio;
    }
    const double first = log_variance(above);
    const double second = log_variance(below);
    const double variance = first + second;
    double half = 0;
    if (variance > 0) {
        const double degrees =
            variance * variance /
            (first * first / static_cast<double>(above.n - 1) + second * second / static_cast<double>(below.n - 1));
        half = student_t_quantile(upper_quantile, degrees) * std::sqrt(variance);
    }
    ratio.ci95_low = *ratio.mean * std::exp(-half);
    ratio.ci95_high = *ratio.mean * std::exp(half);
    return ratio;
}

MetricSummary mean_ratio(std::string name, std::span<const double> ratios) {
    std::vector<double> logarithms;
    for (const double ratio : ratios) {
        if (usable(ratio)) {
            logarithms.push_back(std::log(ratio));
        }
    }
    const MetricSummary logs = summarise({}, std::move(logarithms));
    const auto back = [](std::optional<double> value) {
        return value ? std::optional(std::exp(*value)) : std::nullopt;
    };
    return {.name = std::move(name),
            .n = logs.n,
            .mean = back(logs.mean),
            .ci95_low = back(logs.ci95_low),
            .ci95_high = back(logs.ci95_high),
            .p50 = back(logs.p50),
            .min = back(logs.min),
            .max = back(logs.max),
            .samples = {}};
}

}  // namespace tandem
