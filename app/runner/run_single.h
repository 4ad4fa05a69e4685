// One job in a worker of its own, without a database: for `tandem bench`, `generate` and `model logits`. Errors: what
// the job failed with, CANCELLED, WORKER_PROGRAM_MISSING. Thread rule: blocks its caller; the listener is called from
// that thread.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"
#include "experiments/events/event.h"

namespace tandem {

struct SingleListener {
    std::function<void(const Observation&)> observed;
    std::function<void(const Progress&)> progressed;
};

struct SingleRun {
    Report report;
    std::vector<Observation> observations;
    std::vector<ArtefactProduced> artefacts;
    std::vector<std::string> log;
    std::string environment_json;  // of this machine and of the worker: build, libtorch, instruction sets
};

Result<SingleRun> run_single(const Job& job, const std::filesystem::path& worker_program,
                             const SingleListener& listener, std::stop_token stop);

}  // namespace tandem
