#include "engine/benchmark/derive.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/benchmark/score_record.h"
#include "engine/benchmark/statistics.h"

namespace tandem {
namespace {

constexpr std::string_view acceptance_rate = "acceptance_rate";

double ms_between(std::int64_t begin_ns, std::int64_t end_ns) {
    return static_cast<double>(end_ns - begin_ns) * 1e-6;
}

}  // namespace

void MetricDeriver::add(const Observation& observation) {
    switch (observation.kind) {
        case ObservationKind::phase_begin:
        case ObservationKind::phase_end:
            return add_phase(observation);
        case ObservationKind::token:
            return add_token(observation);
        case ObservationKind::sample:
            return add_sample(observation);
        case ObservationKind::score:
            return add_score(observation);
        case ObservationKind::output:
        case ObservationKind::note:
        case ObservationKind::preview:
            return;
    }
}

void MetricDeriver::add_phase(const Observation& observation) {
    const bool begins = observation.kind == ObservationKind::phase_begin;
    const std::int64_t time = observation.time_ns;
    if (observation.name == "load") {
        if (begins) {
            load_begin_ns_ = time;
        } else if (load_begin_ns_) {
            load_ms_.push_back(ms_between(*load_begin_ns_, time));
        }
        return;
    }
    if (observation.repetition < 0) {
        return;
    }
    Repetition& repetition = repetitions_[observation.repetition];
    if (begins && !repetition.accepted_ns) {
        repetition.accepted_ns = time;
    }
    if (observation.name == "prefill") {
        (begins ? repetition.prefill_begin_ns : repetition.prefill_end_ns) = time;
    }
}

void MetricDeriver::add_token(const Observation& observation) {
    if (observation.repetition < 0) {
        return;
    }
    Repetition& repetition = repetitions_[observation.repetition];
    if (repetition.first_token_ns) {
        gaps_ms_.push_back(ms_between(repetition.last_token_ns, observation.time_ns));
    } else {
        repetition.first_token_ns = observation.time_ns;
    }
    repetition.last_token_ns = observation.time_ns;
    ++repetition.tokens;
}

void MetricDeriver::add_sample(const Observation& observation) {
    if (observation.name == "weights_bytes") {
        weights_bytes_.push_back(observation.value);
    } else if (observation.name == "kv_cache_bytes") {
        kv_cache_bytes_.push_back(observation.value);
    } else if (add_training_sample(observation)) {
        return;
    } else if (observation.repetition >= 0) {
        Repetition& repetition = repetitions_[observation.repetition];
        if (observation.name == "prompt_tokens") {
            repetition.prompt_tokens = observation.value;
        } else if (observation.name == "peak_rss_bytes") {
            repetition.peak_rss_bytes = observation.value;
        } else if (observation.name == "energy_joules") {
            repetition.energy_joules = observation.value;
        } else if (observation.name == "draft_tokens") {
            repetition.draft_tokens = observation.value;
        } else if (observation.name == "accepted_tokens") {
            repetition.accepted_tokens = observation.value;
        }
    }
}

bool MetricDeriver::add_training_sample(const Observation& observation) {
    const double value = observation.value;
    if (observation.name == "train_tokens_per_second") {
        if (std::isfinite(value)) {
            train_tokens_per_second_.push_back(value);
        }
    } else if (observation.name == "train_loss") {
        train_loss_ = value;
    } else if (observation.name == "validation_loss") {
        validation_loss_ = validation_loss_ ? std::fmin(*validation_loss_, value) : value;
    } else {
        return false;
    }
    return true;
}

void MetricDeriver::add_score(const Observation& observation) {
    const auto record = read_score_record(observation.text);
    if (observation.index != at_the_end || !record || !std::isfinite(observation.value)) {
        return;
    }
    MetricSummary summary{.name = observation.name, .n = record->n};
    summary.mean = observation.value;
    summary.ci95_low = record->low;
    summary.ci95_high = record->high;
    std::erase_if(scores_, [&](const MetricSummary& earlier) { return earlier.name == summary.name; });
    scores_.push_back(std::move(summary));
}

std::vector<MetricSummary> MetricDeriver::metrics() const {
    std::map<std::string_view, std::vector<double>> samples;
    samples["load_ms"] = load_ms_;
    samples["weights_bytes"] = weights_bytes_;
    samples["kv_cache_bytes"] = kv_cache_bytes_;
    samples["inter_token_ms"] = gaps_ms_;
    for (const auto& [number, r] : repetitions_) {
        if (r.prefill_begin_ns && r.prefill_end_ns && r.prompt_tokens && *r.prefill_end_ns > *r.prefill_begin_ns) {
            samples["prefill_tokens_per_second"].push_back(*r.prompt_tokens * 1e3 /
                                                           ms_between(*r.prefill_begin_ns, *r.prefill_end_ns));
        }
        if (r.accepted_ns && r.first_token_ns) {
            samples["ttft_ms"].push_back(ms_between(*r.accepted_ns, *r.first_token_ns));
            samples["end_to_end_ms"].push_back(ms_between(*r.accepted_ns, r.last_token_ns));
        }
        if (r.tokens >= 2 && r.last_token_ns > *r.first_token_ns) {
            const double tpot_ms = ms_between(*r.first_token_ns, r.last_token_ns) / static_cast<double>(r.tokens - 1);
            samples["tpot_ms"].push_back(tpot_ms);
            samples["decode_tokens_per_second"].push_back(1e3 / tpot_ms);
        }
        if (r.peak_rss_bytes) {
            samples["peak_rss_bytes"].push_back(*r.peak_rss_bytes);
        }
        if (r.energy_joules) {
            samples["energy_joules"].push_back(*r.energy_joules);
        }
        if (r.draft_tokens > 0) {
            samples[acceptance_rate].push_back(r.accepted_tokens / r.draft_tokens);
        }
    }
    std::vector<MetricSummary> summaries;
    for (const std::string_view name : metric_names) {
        const SampleKind kind = name == "inter_token_ms" ? SampleKind::series : SampleKind::independent;
        summaries.push_back(summarise(std::string(name), std::move(samples[name]), kind));
    }
    if (!train_tokens_per_second_.empty()) {
        summaries.push_back(summarise("train_tokens_per_second", train_tokens_per_second_, SampleKind::series));
    }
    for (const auto& [name, loss] :
         {std::pair("train_loss", train_loss_), std::pair("validation_loss", validation_loss_)}) {
        if (loss && std::isfinite(*loss)) {
            summaries.push_back(summarise(name, {*loss}));
        }
    }
    summaries.insert(summaries.end(), scores_.begin(), scores_.end());
    if (samples.contains(acceptance_rate)) {
        summaries.push_back(summarise(std::string(acceptance_rate), std::move(samples[acceptance_rate])));
    }
    return summaries;
}

std::vector<MetricSummary> derive_metrics(std::span<const Observation> observations) {
    MetricDeriver deriver;
    for (const Observation& observation : observations) {
        deriver.add(observation);
    }
    return deriver.metrics();
}

}  // namespace tandem
