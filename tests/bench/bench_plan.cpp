// Prints what planning costs: reading an experiment that means 10,000 trials and planning it, alone and with a history
// that knows every trial. Median of several runs. `bench_plan [--json]`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/plan/plan.h"
#include "tests/bench/figures.h"

namespace tandem {
namespace {

constexpr int repetitions = 9;
constexpr std::size_t wanted_trials = 10'000;

// Five prompts and a benchmark over dtype, context, threads and seeds: 2 workloads x 4 x 5 x 5 x 50 = 10,000 trials.
constexpr const char* yaml = R"(tandem: 1
name: bench
models: {tiny: random:smollm2-135m}
pairings: {alone: tiny}
workloads:
  speed: {kind: benchmark}
  answers:
    kind: generate
    prompts: ["What is the capital of France?", Write a poem about rain., "How long is it?", "Why is the sky blue?", Translate.]
sweep:
  grid:
    load.dtype: [f32, bf16, int8, int4]
    load.context: {log_range: {from: 1024, to: 16384, factor: 2}}
    targets.here.threads: {range: {from: 1, to: 5}}
seeds: {range: {from: 1, to: 50}}
)";

template <class Run>
double median_ms(Run&& run) {
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + repetitions / 2, times.end());
    return times[repetitions / 2];
}

PlanInputs make_inputs() {
    ModelFacts model;
    model.location = "random:smollm2-135m";
    model.sha256 = std::string(64, 'a');
    model.shape = {.architecture = "llama",
                   .layers = 30,
                   .hidden = 576,
                   .heads = 9,
                   .kv_heads = 3,
                   .head_dim = 64,
                   .ffn = 1536,
                   .vocab = 49152,
                   .context = 8192,
                   .rope_scaling_type = {}};
    model.parameters = 134'515'008;
    model.weights_bytes = 4 * model.parameters;
    PlanInputs inputs;
    inputs.models["tiny"] = model;
    inputs.machines["here"] = {.fingerprint = "bench", .memory_bytes = std::int64_t{1} << 40};
    inputs.engine_version = "1";
    return inputs;
}

int run(bool json) {
    const Result<ExperimentSpec> spec = parse_experiment(yaml, "bench.yaml");
    if (!spec) {
        std::cerr << spec.error().to_string() << '\n';
        return 2;
    }
    PlanInputs inputs = make_inputs();
    const Result<Plan> plan = make_plan(*spec, inputs);
    if (!plan || plan->trials.size() != wanted_trials) {
        std::cerr << (plan ? "the plan has another number of trials" : plan.error().to_string()) << '\n';
        return 2;
    }
    std::size_t planned = 0;
    const auto count = [&] {
        const Result<Plan> again = make_plan(*spec, inputs);
        planned += again ? again->trials.size() : 0;
    };
    nlohmann::ordered_json figures;
    figures["trials"] = plan->trials.size();
    figures["read_ms"] = median_ms([&] { planned += parse_experiment(yaml, "bench.yaml").ok() ? 1 : 0; });
    figures["plan_10000_trials_ms"] = median_ms(count);
    for (const Trial& trial : plan->trials) {
        inputs.history[trial.id] = {.state = TrialState::done,
                                    .attempts = 1,
                                    .finished_at = "2026-01-01T00:00:00Z",
                                    .wall_ms = 1000,
                                    .error_code = {}};
    }
    figures["plan_10000_trials_all_done_ms"] = median_ms(count);
    if (planned != repetitions * (2 * wanted_trials + 1)) {
        std::cerr << "planning again gave another plan\n";
        return 2;
    }
    return bench::print_figures(figures, json);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
    return tandem::run(argc > 1 && std::string_view(argv[1]) == "--json");
}
