// Runs a plan's trials and hands every event to the sink. The store is not known here: what is done already arrives in
// the plan, and the sink is injected. Thread rule: run() blocks its caller; the callbacks come from run()'s thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/api/observation.h"
#include "engine/api/result.h"
#include "experiments/events/event.h"
#include "experiments/plan/plan.h"
#include "experiments/spec/spec.h"

namespace tandem {

// Live news for a terminal or a window; nothing depends on it being read.
struct RunListener {
    std::function<void(const Trial&, std::int64_t attempt)> started;
    std::function<void(const Trial&, const Observation&)> observed;
    std::function<void(const Trial&, const Progress&)> progressed;
    std::function<void(const Trial&, std::string_view line)> logged;
    // state is done, failed or cancelled; error is set for failed.
    std::function<void(const Trial&, TrialState state, const Error* error)> finished;
    std::function<void(const Trial&, std::string_view why)> waiting;  // "1.2 GiB needed, 0.8 GiB free"
};

struct RunSummary {
    std::int64_t done = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    std::int64_t skipped = 0;  // finished in an earlier run
    bool interrupted = false;
};

struct LocalExecutorOptions {
    std::filesystem::path worker_program;  // tandem-worker
    std::filesystem::path scratch_folder;  // worker logs of running trials
    std::int64_t memory_budget_bytes = 0;  // 0: what the machine has free
    std::int64_t cores = 0;                // 0: all
    std::string environment_json;          // stored with each attempt
    std::int64_t worker_start_timeout_ms = 60'000;
    std::int64_t cancel_grace_ms = 10'000;  // from cancel to SIGKILL
};

class Executor {
public:
    virtual ~Executor() = default;
    // Errors only when nothing can go on (the sink failed, no worker program); failed trials are counted, not errors.
    virtual Result<RunSummary> run(const Plan& plan, const ExecutionOptions& options, EventSink& sink,
                                   const RunListener& listener, std::stop_token stop) = 0;
};

std::unique_ptr<Executor> make_local_executor(LocalExecutorOptions options);

}  // namespace tandem
