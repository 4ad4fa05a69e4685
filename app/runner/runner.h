// One experiment from file to stored results: reads, resolves models, plans, runs, stores. What `tandem run` and the
// studio's Run button both do. Errors: those of spec, plan, library, store and executor, and WORKER_PROGRAM_MISSING;
// before the first trial starts nothing is changed by any of them.
// Thread rule: prepare_run() and execute_run() block; call them from a thread of your own.
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

// Empty paths of the options filled in: database, library and worker program.
RunnerOptions with_defaults(RunnerOptions options);

// A file as it is, or the bare name of an experiment that is installed with Tandem, as in "quickstart". Errors:
// EXPERIMENT_NOT_FOUND with the nearest names.
Result<std::filesystem::path> find_experiment(const std::string& name);

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

// What must be the same for a stored trial to count as done: a number that changes with kernels, sampling or the
// definition of a metric, and the libtorch that this build was made with.
std::string engine_version();

// What may falsify timings right now: swapping, a power-saving governor, other load, a battery. One sentence each.
std::vector<std::string> machine_warnings();

// Facts of this machine: for estimates, for fingerprints, and as stored with each attempt (canonical JSON).
MachineFacts local_machine_facts();
std::string local_environment_json();

}  // namespace tandem
