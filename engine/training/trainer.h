// The loop of training: batches in their order, gradients accumulated over the tokens of a whole step, clipped,
// stepped; validation, early stopping, checkpoints. A run that was interrupted, at whatever moment, and is run again
// ends with the same bytes on a CPU with the same number of threads. Errors: CANCELLED (a checkpoint was written),
// TRAIN_NONFINITE, CKPT_*, FILE_*, OUT_OF_MEMORY, TORCH_FAILED, those of the validation. Thread rule: one thread at a
// time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/training_options.h"
#include "engine/training/adamw.h"
#include "engine/training/checkpoint.h"
#include "engine/training/train_step.h"

namespace tandem {

// Told after every step.
struct TrainingProgress {
    std::int64_t step = 0;  // done
    std::int64_t steps = 0;
    std::int64_t epoch = 0;  // from 0
    double loss = 0;         // mean over the step's labels, natural logarithm
    double learning_rate = 0;
    double gradient_norm = 0;      // before clipping
    double tokens_per_second = 0;  // of this step, padding not counted
    double seconds_left = 0;
};

struct TrainingValidation {
    std::function<Result<double>(std::int64_t step, std::stop_token)> score;  // empty: there is none
    bool higher_is_better = false;
};

struct TrainingHooks {
    TrainingValidation validation;
    std::function<void(const TrainingProgress&)> progress;                   // may be empty
    std::function<void(std::int64_t step, double score, bool best)> scored;  // may be empty
    std::function<void(const std::string&)> note;                            // may be empty
    std::function<void(const TrainingHistory&)> resumed;                     // told the figures before; may be empty
};

struct TrainingPlace {
    std::filesystem::path checkpoints;  // empty: none are written
    std::string run;                    // what model and data are, as in their hashes; options are added to it
    std::uint64_t seed = 0;
};

struct TrainingOutcome {
    std::int64_t steps = 0;
    std::int64_t resumed_at = 0;
    std::int64_t tokens = 0;
    std::string order;  // of the examples trained on, as extend_order() sums it
    double loss = 0;    // of the last step of this process
    std::optional<double> best_score;
    std::int64_t best_step = -1;
    bool stopped_early = false;
};

class Trainer {
public:
    // `step` must outlive the trainer.
    Trainer(TrainStep& step, TrainingOptions options, TrainingPlace place, TrainingHooks hooks);

    // Goes on from the newest whole checkpoint where there is one.
    Result<TrainingOutcome> run(std::stop_token stop);
    // A figure of a step that checkpoints keep beside those of its own progress (train_loss, learning_rate,
    // gradient_norm, train_tokens_per_second).
    void keep(std::string_view figure, std::int64_t step, double value) { state_.history.add(figure, step, value); }
    // Gives the parameters the numbers of the best validation; without validations they stay.
    Result<void> restore_best();

private:
    struct StepResult {
        double loss = 0;
        double norm = 0;
        double tokens_per_second = 0;
        double rate = 0;
    };

    std::string identity() const;
    std::int64_t count_steps() const;
    std::vector<Batch> plan(std::int64_t epoch) const;
    Result<void> resume();
    Result<void> take(const TrainingState& state, bool with_optimiser);
    Result<StepResult> train(std::span<const Batch> batches, std::stop_token stop);
    Result<void> validate(std::stop_token stop);
    bool validation_is_due(std::int64_t batches) const;
    Result<void> write_checkpoint();
    void tell(const StepResult& result, double seconds_here, std::int64_t steps_here);

    TrainStep& step_;
    TrainingOptions options_;
    TrainingPlace place_;
    TrainingHooks hooks_;
    AdamW optimiser_;
    CounterRandom random_;
    std::int64_t steps_ = 0;
    TrainingState state_;  // without its tensors, which are the parameters' and the optimiser's own
    std::int64_t written_ = -1;
};

}  // namespace tandem
