#include "app/report/difference.h"

#include <cmath>

#include "engine/benchmark/statistics.h"

namespace tandem::report {
namespace {

constexpr double upper_quantile = 0.975;

}  // namespace

std::string_view verdict_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::same:
            return "the same";
        case Verdict::different:
            return "different";
        case Verdict::not_distinguished:
            return "not distinguishable";
        case Verdict::unpaired:
            return "not the same examples";
        case Verdict::unknown:
            break;
    }
    return "too few samples";
}

Difference difference_of(const MetricSummary& first, const MetricSummary& second, bool counted) {
    Difference result;
    if (!first.mean || !second.mean || !std::isfinite(*first.mean) || !std::isfinite(*second.mean)) {
        return result;
    }
    const double difference = *second.mean - *first.mean;
    result.difference = difference;
    if (*first.mean != 0) {
        result.ratio = *second.mean / *first.mean;
    }
    if (counted) {
        result.verdict = difference == 0 ? Verdict::same : Verdict::different;
        return result;
    }
    // Without an interval of its own a mean is over samples that depend on each other: none for the difference either.
    if (!first.sd || !second.sd || !first.ci95_low || !second.ci95_low) {
        return result;
    }
    const double first_variance = *first.sd * *first.sd / static_cast<double>(first.n);
    const double second_variance = *second.sd * *second.sd / static_cast<double>(second.n);
    const double variance = first_variance + second_variance;
    if (!(variance > 0)) {
        result.ci95_low = result.ci95_high = difference;
        result.verdict = difference == 0 ? Verdict::not_distinguished : Verdict::different;
        return result;
    }
    const double degrees = variance * variance /
                           (first_variance * first_variance / static_cast<double>(first.n - 1) +
                            second_variance * second_variance / static_cast<double>(second.n - 1));
    const double half = student_t_quantile(upper_quantile, degrees) * std::sqrt(variance);
    result.degrees = degrees;
    result.ci95_low = difference - half;
    result.ci95_high = difference + half;
    result.verdict = *result.ci95_low > 0 || *result.ci95_high < 0 ? Verdict::different : Verdict::not_distinguished;
    return result;
}

}  // namespace tandem::report
