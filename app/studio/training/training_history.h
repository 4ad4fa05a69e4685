// One training as it can be drawn and read, from its observations: those that a run sends now, those that are stored,
// or the first after the second. A step that is trained again after an interruption takes the place of what came from
// it on. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/runner/training_pace.h"

namespace tandem::studio {

struct CurvePoint {
    std::int64_t step = 0;
    double value = 0;  // finite
    friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};
using Curve = std::vector<CurvePoint>;  // ascending steps

// At most about `most` points with the same first and last, lows and highs.
Curve thinned(const Curve& curve, std::size_t most);

// An answer to a validation example after a step.
struct TrainingPreview {
    std::int64_t step = 0;
    std::int64_t example = 0;
    std::string reason;  // why it stopped
    std::string answer;
};

// What the example asks, and what was to be answered; empty where no record says it.
struct PreviewedPair {
    std::string source, target;
};

class TrainingHistory {
public:
    static constexpr std::size_t max_previews = 2000;  // the newest are kept

    // Whether add() would make anything of it.
    static bool takes(const Observation& observation);
    // Attempts in their order.
    void add(std::int64_t attempt, const Observation& observation);
    // What came before all that was added: of attempts before, from the store.
    void put_before(TrainingHistory earlier);

    const Curve& loss() const { return loss_; }
    const Curve& validation_loss() const { return validation_loss_; }
    const Curve& learning_rate() const { return learning_rate_; }
    const Curve& tokens_per_second() const { return tokens_per_second_; }
    const std::deque<TrainingPreview>& previews() const { return previews_; }  // oldest first
    PreviewedPair pair(std::int64_t example) const;

    bool empty() const { return loss_.empty() && validation_loss_.empty() && previews_.empty() && pairs_.empty(); }
    std::int64_t steps() const { return pace_.steps(); }  // 0: not known
    // Of the newest attempt, if it goes on.
    std::optional<double> seconds_left() const { return pace_.seconds_left(); }
    std::optional<CurvePoint> best_validation() const;
    // Changes with the previews and their pairs.
    std::uint64_t previews_version() const { return previews_version_; }

private:
    void put(Curve& curve, const Observation& observation);
    void put_preview(const Observation& observation);
    void forget_from(std::int64_t step);

    Curve loss_, validation_loss_, learning_rate_, tokens_per_second_;
    std::deque<TrainingPreview> previews_;
    std::map<std::int64_t, PreviewedPair> pairs_;
    TrainingPace pace_;
    std::int64_t attempt_ = 0;
    std::uint64_t previews_version_ = 0;
};

}  // namespace tandem::studio
