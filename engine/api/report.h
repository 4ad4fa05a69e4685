// What a finished trial amounts to: metrics derived from its observations, and facts about what was run.
// Definitions: docs/formats/metrics.md. Thread rule: plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// Every metric, in the order of reports and tables.
inline constexpr std::array<std::string_view, 11> metric_names{"load_ms",
                                                               "ttft_ms",
                                                               "prefill_tokens_per_second",
                                                               "tpot_ms",
                                                               "decode_tokens_per_second",
                                                               "end_to_end_ms",
                                                               "peak_rss_bytes",
                                                               "weights_bytes",
                                                               "kv_cache_bytes",
                                                               "energy_joules",
                                                               "inter_token_ms"};

// Statistics of one metric over its samples. Absent values mean "too few samples to say", never zero.
struct MetricSummary {
    std::string name;  // as in "ttft_ms"
    std::int64_t n = 0;
    std::optional<double> mean;
    std::optional<double> sd;        // sample standard deviation, n - 1; absent for n < 2
    std::optional<double> ci95_low;  // mean -+ t(0.975, n - 1) * sd / sqrt(n); absent for n < 2
    std::optional<double> ci95_high;
    std::optional<double> p50;  // linear interpolation (type 7)
    std::optional<double> p90;  // absent below 64 samples
    std::optional<double> min;
    std::optional<double> max;
    std::vector<double> samples;
};

struct Fact {
    std::string name;  // as in "libtorch_version"
    std::string value;
};

struct Report {
    std::vector<MetricSummary> metrics;
    std::vector<Fact> facts;  // device, dtype, instruction set, counts: what the run really used
};

}  // namespace tandem
