// Prints what Tandem itself costs: planning 10,000 trials, and running 1,000 trials that compute nothing through
// scheduler, worker process, wire and store. `bench_overhead [--json]`; the worker is the null worker of the tests.
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "db/store/store.h"
#include "experiments/execute/executor.h"
#include "experiments/plan/plan.h"
#include "tests/bench/figures.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

ExperimentSpec null_experiment(std::uint64_t trials, std::int64_t observations) {
    ExperimentSpec spec;
    spec.name = "overhead";
    spec.models.push_back({.name = "none", .source = "random:none", .position = {}});
    spec.pairings.push_back({.name = "alone", .model = "none", .position = {}});
    spec.targets.push_back({.name = "here", .device = {}, .position = {}});
    spec.workloads.push_back(
        {.name = "nothing", .workload = NullWorkload{.observations = observations, .interval_us = 0}, .position = {}});
    spec.seeds.clear();
    for (std::uint64_t seed = 0; seed < trials; ++seed) {
        spec.seeds.push_back(seed);
    }
    return spec;
}

Result<Plan> plan(const ExperimentSpec& spec) {
    PlanInputs inputs;
    inputs.models["none"].sha256 = std::string(64, 'a');
    inputs.engine_version = "bench";
    return make_plan(spec, inputs);
}

Result<double> run_trials(const std::filesystem::path& folder, const std::string& name, std::uint64_t trials,
                          std::int64_t observations) {
    const ExperimentSpec spec = null_experiment(trials, observations);
    const Plan planned = TANDEM_TRY(plan(spec));
    auto store = TANDEM_TRY(Store::open(folder / (name + ".db")));
    (void)TANDEM_TRY(store->record_plan(spec, planned));
    LocalExecutorOptions local;
    local.worker_program = TANDEM_BINARY_DIR "/tests/null_worker";
    local.scratch_folder = folder / "scratch";
    local.environment_json = "{}";
    const auto start = Clock::now();
    const RunSummary summary = TANDEM_TRY(make_local_executor(local)->run(planned, {}, *store, {}, {}));
    const double total = milliseconds_since(start);
    if (summary.done != static_cast<std::int64_t>(trials)) {
        return Error{.code = "BENCH", .message = "not every trial was done", .kind = ErrorKind::internal};
    }
    return total / static_cast<double>(trials);
}

Result<nlohmann::ordered_json> measure(const std::filesystem::path& folder) {
    nlohmann::ordered_json figures;
    auto start = Clock::now();
    (void)TANDEM_TRY(plan(null_experiment(10'000, 0)));
    figures["plan_10000_trials_ms"] = milliseconds_since(start);
    figures["null_trial_ms"] = TANDEM_TRY(run_trials(folder, "empty", 1'000, 0));
    figures["null_trial_100_observations_ms"] = TANDEM_TRY(run_trials(folder, "hundred", 1'000, 100));
    figures["trial_1000000_observations_ms"] = TANDEM_TRY(run_trials(folder, "million", 1, 1'000'000));
    return figures;
}

int run(bool json) {
    const test::TemporaryFolder folder;
    return bench::print_figures(measure(folder.path()), json);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
    return tandem::run(argc > 1 && std::string_view(argv[1]) == "--json");
}
