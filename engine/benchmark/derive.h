// Metrics out of observations: what a trial's raw timestamps amount to. The same observations give the same metrics, in
// the worker that measured and in whoever reads them back from the store. Formulas: docs/formats/metrics.md.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/api/observation.h"
#include "engine/api/report.h"

namespace tandem {

// Takes observations one by one and keeps only what metrics need: a few numbers a repetition and 8 bytes a token.
class MetricDeriver {
public:
    // In order of time, as they were sent.
    void add(const Observation& observation);
    // One summary for each of metric_names; n = 0 where nothing was observed. Warm-ups (repetition < 0) do not count.
    // Then those of training and the scores of the end, each only where it was observed.
    std::vector<MetricSummary> metrics() const;

private:
    struct Repetition {
        std::optional<std::int64_t> accepted_ns;  // its first phase began
        std::optional<std::int64_t> prefill_begin_ns;
        std::optional<std::int64_t> prefill_end_ns;
        std::optional<std::int64_t> first_token_ns;
        std::int64_t last_token_ns = 0;
        std::int64_t tokens = 0;
        std::optional<double> prompt_tokens;
        std::optional<double> peak_rss_bytes;
        std::optional<double> energy_joules;
        double draft_tokens = 0;
        double accepted_tokens = 0;
    };

    void add_phase(const Observation& observation);
    void add_token(const Observation& observation);
    void add_sample(const Observation& observation);
    bool add_training_sample(const Observation& observation);
    void add_score(const Observation& observation);

    std::optional<std::int64_t> load_begin_ns_;
    std::vector<double> load_ms_;
    std::vector<double> weights_bytes_;
    std::vector<double> kv_cache_bytes_;
    std::vector<double> gaps_ms_;
    std::map<std::int64_t, Repetition> repetitions_;
    std::vector<double> train_tokens_per_second_;
    std::optional<double> train_loss_;       // of the last step
    std::optional<double> validation_loss_;  // the lowest
    std::vector<MetricSummary> scores_;      // of the end, in the order they came
};

std::vector<MetricSummary> derive_metrics(std::span<const Observation> observations);

}  // namespace tandem
