// The registry of metrics as readers meet them: label, unit, direction, definition; one row each, used by every table,
// chart and window. Definitions in full: docs/formats/metrics.md. Thread rule: constant data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/report.h"

namespace tandem::report {

enum class Better { unknown, lower, higher };

enum class Quantity {
    milliseconds,
    tokens_per_second,
    bytes,
    joules,
    share,    // a score from 0 to 1, shown with four digits behind the point
    percent,  // a score from 0 to 100, with two
    ratio,    // how many times as large, with two
    plain,
};

struct MetricInfo {
    std::string name;        // as stored, "ttft_ms"
    std::string label;       // "Time to first token"
    std::string heading;     // for narrow columns, "first token"
    std::string definition;  // one sentence; empty where the metric is not known here
    Quantity quantity = Quantity::plain;
    Better better = Better::unknown;
    bool counted = false;  // computed exactly rather than measured: one sample is the whole truth
    bool score = false;    // of answers: its interval is the bootstrap's and `n` counts examples
    bool detail = false;   // of the table of speed-ups, and of no other table for readers
};

// In the order of columns.
std::span<const MetricInfo> known_metrics();

// A metric that is not registered takes its unit from the end of its name. A score with options, "bleu:tok=zh", is what
// it is without them.
MetricInfo metric_info(std::string_view name);

// Position in known_metrics(), or its size; options of a score do not count.
std::size_t metric_rank(std::string_view name);

// A unit that suits the largest value of a column: "ms" or "s", "MiB" or "GiB" (powers of 1024).
struct Unit {
    std::string name;                            // "" for plain numbers
    double divisor = 1;                          // stored value / divisor = shown value
    std::optional<int> decimals = std::nullopt;  // always so many; else as many as suit the value
};
Unit choose_unit(Quantity quantity, double largest);

// Digits behind the point of a shown value, and of half its interval where there is one.
int decimals_in(const Unit& unit, double shown, std::optional<double> half_width);

// Half the width of the 95 % confidence interval, where there is one.
std::optional<double> half_width(const MetricSummary& metric);

// "212.3 ± 1.4", "212.3" or, without a mean, "".
std::string format_metric(const MetricSummary& metric, const Unit& unit);

// A value with its unit, as in "1.42 GiB".
std::string format_value(double value, Quantity quantity);

}  // namespace tandem::report
