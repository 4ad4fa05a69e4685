// When a training that is being watched will have done its steps, from the observations it sends: so many steps took so
// long, and so many are left; validations between them count. Early stopping may end it sooner, and what follows the
// last step (the test) is not in it. Thread rule: one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/api/observation.h"

namespace tandem {

class TrainingPace {
public:
    // Of one attempt, in order.
    void add(const Observation& observation) {
        if (observation.kind != ObservationKind::sample) {
            return;
        }
        if (observation.name == "train_steps") {
            steps_ = static_cast<std::int64_t>(observation.value);
        } else if (observation.name == "train_loss") {
            first_ = first_ ? first_ : Told{observation.index, observation.time_ns};
            last_ = {observation.index, observation.time_ns};
        }
    }

    std::int64_t steps() const { return steps_; }  // 0: not told yet
    std::int64_t step() const { return last_.step; }
    // After two steps.
    std::optional<double> seconds_left() const {
        if (!first_ || steps_ <= 0 || last_.step <= first_->step) {
            return std::nullopt;
        }
        const double step_s =
            static_cast<double>(last_.time_ns - first_->time_ns) / 1e9 / static_cast<double>(last_.step - first_->step);
        return std::max(0.0, step_s) * static_cast<double>(std::max<std::int64_t>(0, steps_ - last_.step));
    }

private:
    struct Told {
        std::int64_t step = 0;
        std::int64_t time_ns = 0;
    };
    std::int64_t steps_ = 0;
    std::optional<Told> first_;
    Told last_;
};

}  // namespace tandem
