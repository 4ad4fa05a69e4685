#include "engine/benchmark/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>

namespace tandem {
namespace {

// Sum with Neumaier's correction: token times of hours in nanoseconds keep their last digits.
double exact_sum(std::span<const double> values) {
    double sum = 0;
    double correction = 0;
    for (const double value : values) {
        const double next = sum + value;
        correction += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
        sum = next;
    }
    return sum + correction;
}

double sample_deviation(std::span<const double> values, double mean) {
    double squares = 0;
    for (const double value : values) {
        squares += (value - mean) * (value - mean);
    }
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double student_t_quantile(double p, double degrees) {
    return boost::math::quantile(boost::math::students_t_distribution<double>(degrees), p);
}

double percentile(std::span<const double> ascending, double q) {
    const double position = q * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    return ascending[below] + (position - std::floor(position)) * (ascending[above] - ascending[below]);
}

MetricSummary summarise(std::string name, std::vector<double> samples, SampleKind kind) {
    MetricSummary summary{.name = std::move(name), .n = static_cast<std::int64_t>(samples.size())};
    if (samples.empty()) {
        return summary;
    }
    std::vector<double> ascending = samples;
    std::sort(ascending.begin(), ascending.end());
    summary.min = ascending.front();
    summary.max = ascending.back();
    summary.p50 = percentile(ascending, 0.5);
    if (summary.n >= min_samples_for_p90) {
        summary.p90 = percentile(ascending, 0.9);
    }
    const double mean = exact_sum(samples) / static_cast<double>(samples.size());
    summary.mean = mean;
    if (summary.n >= 2) {
        const double deviation = sample_deviation(samples, mean);
        summary.sd = deviation;
        if (kind == SampleKind::independent) {
            const double half =
                student_t_quantile(0.975, static_cast<double>(summary.n - 1)) * deviation / std::sqrt(summary.n);
            summary.ci95_low = mean - half;
            summary.ci95_high = mean + half;
        }
    }
    if (samples.size() <= max_samples_in_report) {
        summary.samples = std::move(samples);
    }
    return summary;
}

}  // namespace tandem
