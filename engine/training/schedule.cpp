#include "engine/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem {

double learning_rate(const OptimiserOptions& options, std::int64_t step, std::int64_t steps) {
    if (step < options.warmup_steps) {
        return options.learning_rate * static_cast<double>(step) / static_cast<double>(options.warmup_steps);
    }
    const auto gone = static_cast<double>(step - options.warmup_steps);
    const auto span = static_cast<double>(std::max<std::int64_t>(1, steps - options.warmup_steps));
    switch (options.schedule) {
        case LearningRateShape::constant:
            break;
        case LearningRateShape::linear:
            return options.learning_rate * std::max(0.0, static_cast<double>(steps - step) / span);
        case LearningRateShape::cosine:
            // Past the end the wave would rise again.
            return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, gone / span)));
    }
    return options.learning_rate;
}

}  // namespace tandem
