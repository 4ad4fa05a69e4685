// What a training run learns from, as token ids: a data file's pairs, the too long ones cut, left out or refused. All
// of it before any weight is read. Errors: DATA_*, FILE_*, those of prompts, CONTEXT_TOO_LONG, CANCELLED. Thread rule:
// the job's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/pairing/guided_step.h"
#include "engine/pairing/prepare_system.h"
#include "engine/training/text_pairs.h"

namespace tandem {

// A data file's pairs and, where it is not their targets that are learned, what is.
struct LearningRows {
    DataFile file;
    std::vector<TextPair> pairs;
    // One for each pair, none where the pair teaches nothing; empty: the targets are learned.
    std::vector<std::optional<std::string>> labels;
};

struct LearningSet {
    std::vector<TextPair> pairs;          // sources as they were cut, targets as the file has them
    std::vector<GuidedExample> examples;  // one for each that teaches; what is learned with its end of text
    std::int64_t cut = 0;
    std::int64_t dropped = 0;
    std::int64_t unlabelled = 0;  // pairs without an example
};

// `told` hears how many pairs of how many are done.
Result<LearningSet> learning_set(const LearningRows& rows, const TrainWorkload& workload, const PreparedSystem& system,
                                 const std::function<void(std::size_t done, std::size_t all)>& told,
                                 const std::stop_token& stop);

}  // namespace tandem
