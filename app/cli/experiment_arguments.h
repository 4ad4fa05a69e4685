// What `run` and `plan` take alike: an experiment, changes to it, and where results lie. Thread rule: main thread.
#pragma once

#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/runner/runner.h"
#include "engine/api/result.h"

namespace tandem::cli {

struct ExperimentArguments {
    std::string file, database, worker;
    std::vector<std::string> sets;
    bool json = false;
};

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments);

// Errors: SET_SYNTAX, EXPERIMENT_NOT_FOUND and what prepare_run says.
Result<RunnerOptions> runner_options(const ExperimentArguments& arguments);
Result<PreparedRun> prepare(const ExperimentArguments& arguments, const RunnerOptions& options);

// What `plan` and `run --dry-run` do; `all` shows more than the first 100 trials. In command_plan.cpp.
int show_plan(const ExperimentArguments& arguments, bool all);

}  // namespace tandem::cli
