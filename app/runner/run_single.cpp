#include "app/runner/run_single.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "app/library/files.h"
#include "app/runner/places.h"
#include "app/runner/runner.h"
#include "experiments/execute/executor.h"
#include "experiments/wire/job_json.h"

namespace tandem {
namespace {

// Keeps what comes; memory is as durable as a single run needs.
class MemorySink final : public EventSink {
public:
    Result<void> submit(TrialEvent event) override {
        const DurableMark mark{event.trial_id, event.attempt, event.sequence};
        std::function<void(const std::vector<DurableMark>&)> callback;
        {
            const std::lock_guard lock(mutex_);
            take(std::move(event.body));
            callback = callback_;
        }
        if (callback) {
            callback({mark});
        }
        return {};
    }
    Result<void> flush() override { return {}; }
    void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) override {
        const std::lock_guard lock(mutex_);
        callback_ = std::move(callback);
    }

    SingleRun run;
    bool done = false;

private:
    template <class Body>
    void take(Body body) {
        std::visit(
            [this](auto&& part) {
                using Part = std::decay_t<decltype(part)>;
                if constexpr (std::is_same_v<Part, Observation>) {
                    run.observations.push_back(std::move(part));
                } else if constexpr (std::is_same_v<Part, ArtefactProduced>) {
                    run.artefacts.push_back(std::move(part));
                } else if constexpr (std::is_same_v<Part, LogLine>) {
                    run.log.push_back(std::move(part.text));
                } else if constexpr (std::is_same_v<Part, AttemptStarted>) {
                    run.environment_json = std::move(part.environment_json);
                } else if constexpr (std::is_same_v<Part, AttemptDone>) {
                    run.report = std::move(part.report);
                    done = true;
                }
            },
            std::move(body));
    }

    std::mutex mutex_;
    std::function<void(const std::vector<DurableMark>&)> callback_;
};

// Nothing of a single run is stored, so the end of a lost worker's log goes into the error.
Error with_last_words(Error error, const std::vector<std::string>& log) {
    constexpr std::size_t most_lines = 5;
    if (!error.code.starts_with("WORKER_") || log.empty()) {
        return error;
    }
    error.message += "; its log ends:";
    for (std::size_t i = log.size() - std::min(log.size(), most_lines); i < log.size(); ++i) {
        error.message += "\n  " + log[i];
    }
    return error;
}

}  // namespace

Result<SingleRun> run_single(const Job& job, const std::filesystem::path& worker_program,
                             const SingleListener& listener, std::stop_token stop) {
    const auto worker = TANDEM_TRY(find_worker(worker_program));
    const auto scratch = TANDEM_TRY(library::ScratchFolder::make(std::filesystem::temp_directory_path()));
    Plan plan{.experiment = "single"};
    plan.trials.push_back({.id = sha256_hex(job_identity_json(job)),
                           .pairing = "single",
                           .model = job.pairing.model.name,
                           .target = "here",
                           .workload = std::string(workload_kind(job.workload)),
                           .seed = job.seed,
                           .job = job,
                           .timing = runs_alone(job.workload)});
    MemorySink sink;
    std::optional<Error> failure;
    const RunListener news{.observed =
                               [&](const Trial&, const Observation& observation) {
                                   if (listener.observed) {
                                       listener.observed(observation);
                                   }
                               },
                           .progressed =
                               [&](const Trial&, const Progress& progress) {
                                   if (listener.progressed) {
                                       listener.progressed(progress);
                                   }
                               },
                           .finished =
                               [&](const Trial&, TrialState, const Error* error) {
                                   if (error != nullptr) {
                                       failure = *error;
                                   }
                               }};
    const auto executor = make_local_executor(
        {.worker_program = worker, .scratch_folder = scratch.path(), .environment_json = local_environment_json()});
    const RunSummary summary = TANDEM_TRY(executor->run(plan, ExecutionOptions{}, sink, news, std::move(stop)));
    if (failure) {
        return with_last_words(*failure, sink.run.log);
    }
    if (!sink.done || summary.interrupted) {
        return Error{.code = "CANCELLED",
                     .message = "stopped before the end; nothing is stored",
                     .where = job.pairing.model.name,
                     .kind = ErrorKind::cancelled};
    }
    return std::move(sink.run);
}

}  // namespace tandem
