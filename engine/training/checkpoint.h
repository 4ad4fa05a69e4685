// Training's state on disk, whole or not there: a folder step-N with tensors.safetensors and state.json, written as
// step-N.partial-PID, each file made durable, a manifest with sizes and checksums last, then renamed and the parent
// made durable. Earlier ones are removed only after that. A damaged newest is passed over with a message. Beside them
// history.safetensors has the figures of the steps so far; damaged or not there, the checkpoint is as good without.
// Errors: CKPT_DAMAGED, CKPT_OTHER_RUN, CKPT_NONE, FILE_*, ST_*. Thread rule: one owner of a folder at a time.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/training/training_history.h"

namespace tandem {

// What a run needs to go on as if it had never stopped.
struct TrainingState {
    std::string run;         // what the run is made of (data, model, options); another one's checkpoint is refused
    std::int64_t step = 0;   // steps done
    std::int64_t epoch = 0;  // of the next batch
    std::int64_t batch = 0;  // of that epoch, the next one to be trained on: a step always begins here
    std::int64_t optimiser_steps = 0;
    std::uint64_t seed = 0;
    std::uint64_t random_at = 0;  // where the run's random numbers stand
    double best_score = 0;
    std::int64_t best_step = -1;  // -1: not validated yet
    std::int64_t validated_step = -1;
    std::int64_t without_better = 0;            // validations since the best
    std::int64_t tokens = 0;                    // trained on
    TrainingHistory history;                    // of the steps done
    std::string order;                          // of the examples trained on, as extend_order() sums it
    std::map<std::string, at::Tensor> tensors;  // f32, bf16 or i64, contiguous
};

struct RestoredState {
    TrainingState state;
    std::vector<std::string>
        notes;  // "CKPT_DAMAGED: ...", of newer ones, or of its own history, that could not be read
};

class CheckpointFolder {
public:
    explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Durable once it returns. Keeps the `keep` newest and `best_step`; writing a step that is there leaves it.
    Result<void> write(const TrainingState& state, std::int64_t keep) const;
    // The newest that is whole. CKPT_NONE where there is none at all; CKPT_DAMAGED where none is whole.
    Result<RestoredState> newest(const std::string& run) const;
    // `note` is told what is wrong with the history.
    Result<TrainingState> read(std::int64_t step, const std::string& run, std::string* note = nullptr) const;
    // Steps that have a folder, newest first.
    std::vector<std::int64_t> steps() const;

private:
    std::filesystem::path of_step(std::int64_t step) const;

    std::filesystem::path folder_;
};

}  // namespace tandem
