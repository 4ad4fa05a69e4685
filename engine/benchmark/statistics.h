// Statistics of measurements, as docs/formats/metrics.md defines them: sample standard deviation, Student's t interval,
// interpolated percentiles; absent where the sample is too small to say. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/report.h"

namespace tandem {

inline constexpr std::int64_t min_samples_for_p90 = 64;

// A report crosses the wire in one frame; metrics with more samples come without them (observations are stored whole).
inline constexpr std::size_t max_samples_in_report = 4096;

// Are the samples independent of each other? Gaps between tokens of one text are not: they get no confidence interval.
enum class SampleKind { independent, series };

// Samples must be finite numbers. None gives n = 0 and every statistic absent.
MetricSummary summarise(std::string name, std::vector<double> samples, SampleKind kind = SampleKind::independent);

// The x that a Student t variable with `degrees` > 0 degrees of freedom stays below with probability p, 0 < p < 1.
// Whole for one sample, a fraction for the difference of two (Welch).
double student_t_quantile(double p, double degrees);

// Percentile q in 0..1 of ascending, non-empty samples; linear interpolation between order statistics (type 7 of
// Hyndman and Fan 1996, the default of numpy and R).
double percentile(std::span<const double> ascending, double q);

}  // namespace tandem
