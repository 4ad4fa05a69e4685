// Is the difference of two metrics more than noise? Welch's t interval of the difference of means (Welch 1947, degrees
// of freedom by Satterthwaite); whether two intervals overlap is not the question and is not asked. Thread rule: pure.
#pragma once

#include <optional>
#include <string_view>

#include "engine/api/report.h"

namespace tandem::report {

enum class Verdict {
    same,               // counted exactly, and equal
    different,          // the 95 % interval of the difference leaves zero out, or counted exactly and not equal
    not_distinguished,  // the interval holds zero: these samples do not tell them apart
    unpaired,           // scores of answers to different examples
    unknown,            // too few samples to say
};
std::string_view verdict_text(Verdict verdict);

struct Difference {
    std::optional<double> difference;  // second - first, in the stored unit
    std::optional<double> ratio;       // second / first; absent where the first is zero
    std::optional<double> ci95_low, ci95_high;
    std::optional<double> degrees;  // of freedom
    std::optional<double> p;        // two-sided, of a paired test
    Verdict verdict = Verdict::unknown;
};

// `counted`: computed exactly, so that one sample is enough (MetricInfo).
Difference difference_of(const MetricSummary& first, const MetricSummary& second, bool counted);

}  // namespace tandem::report
