// What a trial that trains tells a terminal: words for the status line, and lines that stay, for each validation and
// the answers previewed at it. Thread rule: one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/runner/training_pace.h"

namespace tandem::cli {

class TrainingNews {
public:
    // The lines to print for it, without control characters; none for most.
    std::vector<std::string> add(const Observation& observation);
    // "learning rate 0.0003, 512 tokens/s"; empty where the trial does not train, or no more.
    std::string now() const;
    std::string now_briefly() const;  // "rate 0.0003, 512 tokens/s"
    // Until the last step, while it trains.
    std::optional<double> seconds_left() const { return over_ ? std::nullopt : pace_.seconds_left(); }

private:
    std::string validated(const Observation& observation) const;

    TrainingPace pace_;
    std::optional<double> loss_, learning_rate_, tokens_per_second_;
    bool over_ = false;
};

}  // namespace tandem::cli
