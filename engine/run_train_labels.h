// Sequence-level distillation: what a training run learns instead of the targets of its files, the answers of a large
// model to their sources. They are written once, into a file of the cache whose name says by what and how, and read
// from there by every further trial. Errors: TRAIN_UNSUPPORTED, DATA_*, FILE_*, CONTEXT_TOO_LONG, CANCELLED (what was
// written stays), those of prepare_system, of prompts, of load_model and of generate(). Thread rule: the job's thread.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/pairing/prepare_system.h"
#include "engine/run_machine.h"
#include "engine/run_recorder.h"
#include "engine/run_train_data.h"
#include "engine/training/label_file.h"

namespace tandem {

// The model that labels, as far as it is known before any weight is read.
class Labeller {
public:
    // The partner of the pairing or the job's labeller, whatever the workload says.
    static Result<Labeller> prepare(const Job& job, const TrainWorkload& workload);

    // Gives each of the rows that are marked in `asked` its label, from what is kept or by the model, which is loaded
    // only if an answer is missing.
    struct Part {
        LearningRows& rows;
        const std::vector<bool>& asked;
    };
    Result<void> label(std::span<const Part> parts, at::Device device, TrialRecorder& recorder, MachineSampler& machine,
                       const std::stop_token& stop) const;

    // Where the answers are kept.
    std::filesystem::path file() const;

private:
    struct Asked;

    Labeller(const Job& job, const TrainWorkload& workload) : job_(job), workload_(workload) {}
    Result<std::vector<Asked>> ask(std::span<const Part> parts, TrialRecorder& recorder,
                                   const std::stop_token& stop) const;
    Result<std::optional<GuidedPrompt>> read(const std::string& source) const;
    Result<GuidedPrompt> prompt(std::string_view source) const;
    Result<void> write(const std::vector<Asked>& asked, LabelFile& file, at::Device device, TrialRecorder& recorder,
                       MachineSampler& machine, const std::stop_token& stop) const;
    std::string key_of(const GuidedPrompt& prompt, std::size_t number) const;

    const Job& job_;
    const TrainWorkload& workload_;
    PreparedSystem system_;
    LoadOptions load_;
    std::string before_, after_;  // what stands around a source
};

}  // namespace tandem
