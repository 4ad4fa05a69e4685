// A place of the local executor: one worker process and what it is busy with. Thread rule: the run's thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "experiments/execute/attempt.h"
#include "experiments/execute/local/worker_process.h"

namespace tandem {

using SteadyTime = std::chrono::steady_clock::time_point;

// Why the executor itself ends an attempt.
enum class StopReason { none, user, timeout, memory };

struct Slot {
    enum class Phase {
        starting,  // has a ticket, waits for hello
        running,   // an attempt
        idle,      // may be given another ticket
        leaving,   // was told to shut down
        over,      // the process is collected; to be removed
    };

    std::unique_ptr<WorkerProcess> worker;
    Phase phase = Phase::starting;
    Ticket ticket;
    std::optional<Attempt> attempt;
    std::string environment_json;  // merged with what the worker said of itself
    bool reusable = true;          // false once it ran a trial that needs a fresh worker, or misbehaved
    StopReason stop = StopReason::none;
    std::int64_t resident_at_stop = 0;   // for StopReason::memory
    std::optional<SteadyTime> deadline;  // of the phase, then of the grace after a cancel
};

}  // namespace tandem
