// One experiment from file to stored results: reads, resolves models, plans, runs, stores. What `tandem run` and the
// studio's Run button both do. Thread rule: prepare() and run() block; call them from a thread of your own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "experiments/execute/executor.h"
#include "experiments/plan/plan.h"
#include "experiments/spec/spec.h"

namespace tandem {

struct RunnerOptions {
    std::filesystem::path database;        // default_database_path()
    std::filesystem::path library;         // Library::default_folder()
    std::filesystem::path worker_program;  // empty: tandem-worker beside this program, else on PATH
    std::vector<Override> overrides;
    std::filesystem::path events_file;  // empty: none; else every durable event as one JSON line
};

struct PreparedRun {
    ExperimentSpec spec;
    Plan plan;
    std::vector<std::string> warnings;
};

// Reads the file and plans it against the library, this machine and the database (which need not exist yet).
Result<PreparedRun> prepare_run(const std::filesystem::path& experiment, const RunnerOptions& options);
Result<PreparedRun> prepare_run(ExperimentSpec spec, const RunnerOptions& options);

// Stores the plan, closes what an earlier crash left running, runs what is not done.
Result<RunSummary> execute_run(const PreparedRun& prepared, const RunnerOptions& options, const RunListener& listener,
                               std::stop_token stop);

// Facts of this machine: for estimates, for fingerprints, and as stored with each attempt (canonical JSON).
MachineFacts local_machine_facts();
std::string local_environment_json();

}  // namespace tandem
