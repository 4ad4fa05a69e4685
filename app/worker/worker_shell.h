// A worker process around a function that runs jobs: speaks the wire protocol over one end of a socket pair, streams
// what the job observes in batches, takes cancel while it runs. The process ends when the controller's end closes.
// Thread rule: run_worker() owns the process: it blocks, and starts one thread that reads and one that writes.
// Errors: told on stderr, which the executor keeps as the worker's log; the exit code says the same.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"
#include "experiments/wire/messages.h"

namespace tandem {

// As run_job: never called twice at once, always in the thread that called run_worker().
using JobRunner = std::function<Result<Report>(const Job&, Observer&, std::stop_token)>;

struct WorkerOptions {
    int socket = 3;
    wire::Hello hello;                     // process is filled in
    std::int64_t flush_interval_ms = 20;   // observations wait at most this long for others to be sent with
    std::size_t flush_observations = 512;  // or until so many wait
};

enum WorkerExit : int { worker_ended = 0, worker_refused = 1, worker_misused = 2 };

// Returns after the controller's shutdown message. Where the controller's end closes, the process ends at once from
// within: nobody is left to tell.
int run_worker(const WorkerOptions& options, const JobRunner& runner);

// The kernel kills this process when its parent dies, whatever it is doing. Linux only; elsewhere the closed socket
// does it. Call first thing in main.
void die_with_parent();

// What every worker says of itself: version, build type and compiler.
wire::Hello describe_worker();

}  // namespace tandem
