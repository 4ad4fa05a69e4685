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
#include "engine/run_train_labels.h"

namespace tandem {

inline constexpr std::string_view best_by_loss = "loss";

// With labels llm: who writes them, and the pairs that wait for theirs.
struct Labelling {
    Labeller labeller;
    LearningRows train;
    std::optional<LearningRows> validation;
};

struct TrainPlan {
    PreparedSystem system;
    // Of pairs that wait for their labels, the prompts are known and the targets are empty.
    LearningSet train;
    std::optional<LearningSet> validation;
    std::optional<Labelling> labelling;
    std::optional<PreparedTask> test;
    std::vector<std::string> best_by;  // the score that chooses the best step; none: the loss
    bool higher_is_better = false;
};

Result<TrainPlan> plan_training(const Job& job, const TrainWorkload& workload, TrialRecorder& recorder,
                                const std::stop_token& stop);

// Has the labels written that are waited for and makes the examples of them. The model that labels is in memory
// meanwhile and is gone when it returns.
Result<void> label_plan(const TrainWorkload& workload, TrainPlan& plan, at::Device device, TrialRecorder& recorder,
                        MachineSampler& machine, const std::stop_token& stop);

// What the result depends on beside TrainingOptions and the seed. Of a plan that waits for nothing.
std::string run_of(const Job& job, const TrainWorkload& workload, const TrainPlan& plan);

}  // namespace tandem
