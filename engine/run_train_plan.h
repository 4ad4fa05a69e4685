// Everything of a training run that is known before any weight is read: that it can run at all, the data as token ids,
// the test set. Errors: TRAIN_UNSUPPORTED, TRAIN_PLACE, DATA_*, SCORE_*, FILE_*, those of prepare_system and of
// prompts. Thread rule: the job's thread.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/pairing/prepare_system.h"
#include "engine/run_evaluate.h"
#include "engine/run_recorder.h"
#include "engine/run_train_data.h"

namespace tandem {

inline constexpr std::string_view best_by_loss = "loss";

struct TrainPlan {
    PreparedSystem system;
    LearningSet train;
    std::optional<LearningSet> validation;
    std::optional<PreparedTask> test;
    std::vector<std::string> best_by;  // the score that chooses the best step; none: the loss
    bool higher_is_better = false;
    std::string run;  // what the result depends on beside TrainingOptions and the seed
};

Result<TrainPlan> plan_training(const Job& job, const TrainWorkload& workload, TrialRecorder& recorder,
                                const std::stop_token& stop);

}  // namespace tandem
