#include "tests/app/report/example_results.h"

#include <algorithm>
#include <cmath>

#include "engine/benchmark/statistics.h"

namespace tandem::report_test {
namespace {

constexpr std::int64_t first_ms = 1'795'000'000'000;

// The same wobble for the same arguments, in -1..1.
double wobble(std::size_t trial, std::int64_t repetition) {
    return std::sin(static_cast<double>(trial) * 12.9898 + static_cast<double>(repetition) * 78.233);
}

struct Speed {
    double prefill_ms, token_ms;
};

Speed speed_of(const Trial& trial) {
    const auto& load = trial.job.load;
    const double per_token = load.dtype == Dtype::f32    ? 31.5
                             : load.dtype == Dtype::bf16 ? 19.2
                             : load.dtype == Dtype::int8 ? 12.4
                             : load.dtype == Dtype::int4 ? 9.8
                                                         : 11.1;
    std::int64_t tokens = 40;
    if (const auto* benchmark = std::get_if<BenchmarkWorkload>(&trial.job.workload)) {
        tokens = benchmark->prompt_tokens;
    }
    return {static_cast<double>(tokens) * per_token / 9, per_token + static_cast<double>(tokens) * 0.004};
}

class TrialWriter {
public:
    TrialWriter(Store& store, const Trial& trial, std::size_t number)
        : store_(store), trial_(trial), number_(number), time_(first_ms + static_cast<std::int64_t>(number) * 4000) {}

    void start() {
        send(AttemptStarted{
            .target = trial_.target,
            .environment_json =
                R"({"build":"0.1.0 release","cores":2,"cpu":"Example 3000 CPU @ 2.40GHz","governor":"performance",)"
                R"("host":"bench-1","kernel":"6.1.0","libtorch":"2.13.0","memory_bytes":8343289856})"});
        send(LogLine{"loading " + trial_.model});
    }

    void run() {
        const Speed speed = speed_of(trial_);
        const bool benchmark = trial_.job.workload.index() == 1;
        const std::int64_t repetitions = benchmark ? 5 : 2;
        const std::int64_t tokens = benchmark ? std::get<BenchmarkWorkload>(trial_.job.workload).new_tokens : 24;
        std::int64_t now = 400'000'000;
        std::vector<double> ttft, tpot, prefill, decode, all;
        for (std::int64_t repetition = benchmark ? -1 : 0; repetition < repetitions; ++repetition) {
            const double factor = 1 + 0.02 * wobble(number_, repetition);
            const std::int64_t begin = now;
            now += static_cast<std::int64_t>(speed.prefill_ms * factor * 1e6);
            const std::int64_t first = now;
            for (std::int64_t index = 0; index < tokens; ++index) {
                if (index > 0) {
                    const double spike = index == tokens / 2 && repetition == 1 ? 3 : 1;
                    now += static_cast<std::int64_t>((speed.token_ms + 0.012 * static_cast<double>(index)) * factor *
                                                     spike * 1e6);
                }
                observe({.kind = ObservationKind::token,
                         .time_ns = now,
                         .repetition = repetition,
                         .index = index,
                         .name = {},
                         .value = 7,
                         .text = " la"});
            }
            if (repetition < 0) {
                continue;
            }
            const double prefill_ms = static_cast<double>(first - begin) / 1e6;
            const double per_token = static_cast<double>(now - first) / 1e6 / static_cast<double>(tokens - 1);
            ttft.push_back(prefill_ms + 0.3);
            prefill.push_back(speed.prefill_ms > 0 ? 9000 / (speed.prefill_ms / 40) * factor / 25 : 0);
            tpot.push_back(per_token);
            decode.push_back(1000 / per_token);
            all.push_back(prefill_ms + per_token * static_cast<double>(tokens - 1));
            if (!benchmark) {
                observe({.kind = ObservationKind::output,
                         .time_ns = now,
                         .repetition = repetition,
                         .index = repetition,
                         .name = repetition == 0 ? "eos" : "length",
                         .value = 0,
                         .text = answer(repetition)});
            }
        }
        const double weights = trial_.job.load.dtype == Dtype::f32 ? 538'000'000 : 92'000'000;
        const double cache = 2.0 * 30 * 3 * 64 * 4 * (speed.prefill_ms + 64);
        Report report;
        report.metrics = {
            summarise("load_ms", {350.0 + 20 * wobble(number_, 9)}), summarise("ttft_ms", ttft),
            summarise("prefill_tokens_per_second", prefill),         summarise("tpot_ms", tpot),
            summarise("decode_tokens_per_second", decode),           summarise("end_to_end_ms", all),
            summarise("peak_rss_bytes", {weights + cache + 310e6}),  summarise("weights_bytes", {weights}),
            summarise("kv_cache_bytes", {std::floor(cache)}),        summarise("energy_joules", {})};
        report.facts = {{"device", "cpu"},
                        {"dtype", std::string(enum_name(trial_.job.load.dtype))},
                        {"instruction_set", "AVX2"},
                        {"threads", "2"},
                        {"parameters", trial_.job.load.dtype == Dtype::f32 ? "134515008" : "33628752"}};
        if (benchmark) {
            report.facts.push_back({"new_tokens", std::to_string(tokens)});
        }
        send(AttemptDone{std::move(report)});
    }

    void fail() {
        send(LogLine{"asked for 8 GiB of memory"});
        send(LogLine{"terminate called <b>without</b> an active exception"});
        send(AttemptFailed{Error{.code = "WORKER_KILLED",
                                 .message = "the worker was killed by signal 9; it had used 7.6 of 7.8 GiB",
                                 .where = "worker",
                                 .kind = ErrorKind::out_of_memory}});
    }

    const std::optional<Error>& error() const { return error_; }

private:
    std::string answer(std::int64_t prompt) const {
        const bool full = trial_.job.load.dtype == Dtype::f32;
        if (prompt == 0) {
            return full ? "The capital of France is Paris. It is known for the Eiffel Tower, the Louvre and its cafés."
                        : "The capital of France is Paris. It is known for its museums, its food & <its> fashion.";
        }
        return "Drip, drop on tin,\nthe roof begins\nto sing the rain back in.";
    }

    void observe(Observation observation) { send(std::move(observation)); }

    void send(decltype(TrialEvent::body) body) {
        auto sent = store_.submit(TrialEvent{.trial_id = trial_.id,
                                             .attempt = 1,
                                             .sequence = ++sequence_,
                                             .wall_time_ms = time_ + static_cast<std::int64_t>(sequence_),
                                             .body = std::move(body)});
        if (!sent && !error_) {
            error_ = sent.error();
        }
    }

    Store& store_;
    const Trial& trial_;
    std::size_t number_;
    std::int64_t time_;
    std::uint64_t sequence_ = 0;
    std::optional<Error> error_;
};

Trial trial_of(const ExampleShape& shape, const std::string& dtype, std::uint64_t seed) {
    Trial trial;
    trial.pairing = "small";
    trial.model = shape.model;
    trial.target = "here";
    trial.seed = trial.job.seed = seed;
    trial.settings = {{"load.dtype", dtype}};
    trial.job.pairing.model = {shape.model, "/models/" + shape.model + ".gguf", std::string(64, 'a')};
    trial.job.load.dtype = enum_from_name<Dtype>(dtype).value_or(Dtype::native);
    return trial;
}

// The trial of the first number format that is otherwise the same.
void compare_with_first(Plan& plan) {
    const std::string first = plan.trials.front().settings.front().second;
    for (Trial& trial : plan.trials) {
        auto settings = trial.settings;
        settings.front().second = first;
        const auto same = std::find_if(plan.trials.begin(), plan.trials.end(), [&](const Trial& other) {
            return other.settings == settings && other.seed == trial.seed && other.workload == trial.workload;
        });
        if (trial.settings != settings && same != plan.trials.end()) {
            trial.pairing = "reduced";
            trial.baseline = "small";
            trial.baseline_trial = same->id;
        }
    }
}

}  // namespace

Plan example_plan(const ExampleShape& shape) {
    Plan plan;
    plan.experiment = shape.experiment;
    for (const std::string& dtype : shape.dtypes) {
        for (const std::int64_t tokens : shape.prompt_tokens) {
            for (const std::uint64_t seed : shape.seeds) {
                Trial trial = trial_of(shape, dtype, seed);
                trial.workload = "speed";
                trial.settings.emplace_back("workloads.speed.prompt_tokens", std::to_string(tokens));
                trial.job.workload = BenchmarkWorkload{.prompt_tokens = tokens, .new_tokens = shape.new_tokens};
                plan.trials.push_back(std::move(trial));
            }
        }
        if (shape.answers) {
            Trial trial = trial_of(shape, dtype, 1);
            trial.workload = "answers";
            trial.job.workload = GenerateWorkload{
                .prompts = {shape.prompt, "Write a short poem about rain on a tin roof."}, .system = {}};
            plan.trials.push_back(std::move(trial));
        }
    }
    if (shape.failures) {
        Trial trial = trial_of(shape, "f32", 1);
        trial.workload = "speed";
        trial.settings.emplace_back("workloads.speed.prompt_tokens", "1048576");
        trial.job.workload = BenchmarkWorkload{.prompt_tokens = 1048576, .new_tokens = shape.new_tokens};
        plan.trials.push_back(std::move(trial));
    }
    for (Trial& trial : plan.trials) {
        trial.id = sha256_hex(trial_identity_json(trial.job, "local", "example machine", "test"));
        trial.timing = is_timing(trial.job.workload);
    }
    if (shape.baseline) {
        compare_with_first(plan);
    }
    return plan;
}

Result<void> store_example(const std::filesystem::path& path, const ExampleShape& shape) {
    const Plan plan = example_plan(shape);
    ExperimentSpec spec;
    spec.name = shape.experiment;
    spec.description = "SmolLM2-135M-Instruct at several precisions and prompt lengths.";
    spec.resolved_yaml = "tandem: 1\nname: " + shape.experiment + "\nmodels: {" + shape.model +
                         ": smollm2-135m-instruct-q4_1}\nsweep:\n  grid:\n    load.dtype: [f32, native]\n";
    auto store = TANDEM_TRY(Store::open(path));
    (void)TANDEM_TRY(store->record_plan(spec, plan));
    for (std::size_t number = 0; number < plan.trials.size(); ++number) {
        TrialWriter writer(*store, plan.trials[number], number);
        writer.start();
        if (shape.failures && number + 1 == plan.trials.size()) {
            writer.fail();
        } else {
            writer.run();
        }
        if (writer.error()) {
            return *writer.error();
        }
    }
    return store->flush();
}

}  // namespace tandem::report_test
