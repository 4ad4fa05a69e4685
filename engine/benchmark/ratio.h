// How many times as large one mean is as another, with a confidence interval. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>

#include "engine/api/report.h"

namespace tandem {

// mean(above) / mean(below), of independent samples. The interval is that of the difference of the means' logarithms:
// their variance by the delta method, (sd / mean)^2 / n of each, Student's t with Welch's degrees of freedom; absent
// unless both have an interval. `n` is the smaller of both. Without means, or with one that is not above 0, n = 0 and
// everything is absent.
MetricSummary ratio_of(std::string name, const MetricSummary& above, const MetricSummary& below);

// Of several such ratios, each counted once: their geometric mean, and from two on its interval by Student's t on the
// logarithms. Ratios that are not above 0 and finite do not count.
MetricSummary mean_ratio(std::string name, std::span<const double> ratios);

}  // namespace tandem
