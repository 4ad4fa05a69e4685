// The models of a training run in memory: what is trained, what it answers with, and where it goes when it is done.
// Errors: those of load_trainable and load_model, PAIRING_*, CANCELLED, FILE_*, TRAIN_UNSUPPORTED. Thread rule: the
// job's thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/models/trainable_model.h"
#include "engine/pairing/soft_prompt.h"
#include "engine/pairing/vector_cache.h"
#include "engine/run_train_plan.h"

namespace tandem {

class Learner {
public:
    // Takes the examples of the plan, which must outlive it. With a large model that guides, it also reads every prompt
    // whose vectors are not yet kept.
    static Result<std::unique_ptr<Learner>> load(const Job& job, const TrainWorkload& workload, TrainPlan& plan,
                                                 at::Device device, TrialRecorder& recorder,
                                                 const std::stop_token& stop);
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;

    TrainStep& step() { return *step_; }
    TrainStep* validation() { return validation_.get(); }  // null: there is none
    // Answers with the numbers as they are now.
    const System& system() const { return *system_; }
    // The same; what the large model makes of prompts is taken from what was kept, so that times say nothing.
    const System& quick_system() const { return quick_ ? *quick_ : *system_; }

    // What was trained: pairing.json with the projector of a guided one or with the soft prompt, and the model that
    // writes as a whole
    // ("small") or its adapter ("adapter").
    Result<void> write(const std::filesystem::path& folder) const;

private:
    Learner(const Job& job, const TrainWorkload& workload, TrainPlan& plan)
        : job_(job), workload_(workload), plan_(plan), begin_(plan.labelling ? 0.1 : 0) {}

    Result<void> load_models(at::Device device, TrialRecorder& recorder, const std::stop_token& stop);
    Result<void> guide(TrialRecorder& recorder, const std::stop_token& stop);
    Result<void> make_steps();
    Result<std::unique_ptr<TrainStep>> make_step(std::vector<GuidedExample> examples);
    void record(TrialRecorder& recorder) const;

    const Job& job_;
    const TrainWorkload& workload_;
    TrainPlan& plan_;
    // Of the trial's progress, what loading and guiding take; labels have been written before.
    double begin_ = 0;
    double guided_ = 0.2;
    TrainableModel model_;
    std::shared_ptr<const Model> large_;
    std::optional<LlmToSlm> pairing_;
    std::optional<SoftPrompt> soft_;
    std::optional<KeptVectors> kept_;
    std::unique_ptr<TrainStep> step_;
    std::unique_ptr<TrainStep> validation_;
    std::unique_ptr<const System> system_;
    std::unique_ptr<const System> quick_;  // null: nothing is kept
};

}  // namespace tandem
