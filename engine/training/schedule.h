// The learning rate of a step. Thread rule: stateless.
#pragma once

#include "engine/api/training_options.h"

namespace tandem {

// Of step `step`, counted from 0, of `steps`: what transformers' get_*_schedule_with_warmup multiply by (half a cosine
// wave), times the learning rate. Step 0 of a warm-up has rate 0.
double learning_rate(const OptimiserOptions& options, std::int64_t step, std::int64_t steps);

}  // namespace tandem
