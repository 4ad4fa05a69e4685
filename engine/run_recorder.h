// The way of everything a job says: stamps it with the job's clock, passes it to the observer and derives the metrics
// on the way. Progress is thinned out. Thread rule: the job's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/benchmark/clock.h"
#include "engine/benchmark/derive.h"
#include "engine/benchmark/score_record.h"
#include "engine/generation/generate.h"

namespace tandem {

class TrialRecorder {
public:
    TrialRecorder(Observer& observer, const Clock& clock) : observer_(observer), clock_(clock) {}

    const Clock& clock() const { return clock_; }

    void phase_begins(std::string_view name, std::int64_t repetition) {
        phase_begins(name, repetition, clock_.now_ns());
    }
    void phase_begins(std::string_view name, std::int64_t repetition, std::int64_t time_ns);
    void phase_ends(std::string_view name, std::int64_t repetition) { phase_ends(name, repetition, clock_.now_ns()); }
    void phase_ends(std::string_view name, std::int64_t repetition, std::int64_t time_ns);
    void token(const GeneratedToken& token, std::int64_t repetition);
    void sample(std::string_view name, std::int64_t repetition, double value);
    // Of a step of training.
    void step_sample(std::string_view name, std::int64_t step, double value);
    void note(std::string_view name, std::string text);
    // An answer too long for one observation goes whole into an artefact and its beginning into the observation.
    void output(const Answer& answer, std::int64_t prompt);
    // Of a step of training, or -1 of the end.
    void score(std::string_view name, std::int64_t step, double value, const ScoreRecord& record);
    // An answer to example number `example` during training; its beginning where it is long.
    void preview(const Answer& answer, std::int64_t example, std::int64_t step);
    // The pair that previews of this example answer, once before the first of them.
    void preview_pair(std::string_view source, std::string_view target, std::int64_t example);
    void artefact(std::string_view name, std::string_view media_type, std::span<const std::byte> bytes);

    // Sent on at most ten times a second, but always when `what` changes.
    void progress(double fraction, std::string what);

    void fact(std::string name, std::string value) { facts_.push_back({std::move(name), std::move(value)}); }
    Report report() const { return {.metrics = deriver_.metrics(), .facts = facts_}; }

private:
    void observe(Observation observation);

    Observer& observer_;
    const Clock& clock_;
    MetricDeriver deriver_;
    std::vector<Fact> facts_;
    std::string last_progress_;
    std::int64_t last_progress_ns_ = 0;
};

}  // namespace tandem
