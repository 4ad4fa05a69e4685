// What a training run learns from, as token ids: a data file's pairs, the too long ones cut, left out or refused. All
// of it before any weight is read. Errors: DATA_*, FILE_*, those of prompts, CONTEXT_TOO_LONG, CANCELLED. Thread rule:
// the job's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/pairing/guided_step.h"
#include "engine/pairing/prepare_system.h"
#include "engine/training/text_pairs.h"

namespace tandem {

struct LearningSet {
    std::vector<TextPair> pairs;          // sources as they were cut
    std::vector<GuidedExample> examples;  // one for each; targets with their end of text
    std::int64_t cut = 0;
    std::int64_t dropped = 0;
};

// `told` hears how many pairs of how many are done.
Result<LearningSet> learning_set(const DataFile& file, std::int64_t rows, const TrainWorkload& workload,
                                 const PreparedSystem& system,
                                 const std::function<void(std::size_t done, std::size_t all)>& told,
                                 const std::stop_token& stop);

}  // namespace tandem
