// Prints what storing and querying cost: 1,000,000 observations from submit to durable, and the results table of 10,000
// trials with every metric, queried and printed. `bench_store [--json] [FOLDER]`; the database is made in FOLDER
// (default: the system's temporary folder) and removed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/report/table_formats.h"
#include "db/queries/queries.h"
#include "db/store/store.h"
#include "tests/bench/figures.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

constexpr int table_trials = 10'000;
constexpr int observations = 1'000'000;
constexpr int repetitions = 5;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Plan table_plan() {
    Plan plan;
    plan.experiment = "bench";
    for (int number = 0; number < table_trials; ++number) {
        Trial trial;
        char id[65];
        std::snprintf(id, sizeof id, "%08x%056d", static_cast<unsigned>(number) * 2654435761U, number);
        trial.id = id;
        trial.pairing = trial.model = "SmolLM2-135M-Instruct";
        trial.target = "cpu";
        trial.workload = "speed";
        trial.settings = {{"load.dtype", "int8"}, {"workloads.speed.prompt_tokens", std::to_string(number)}};
        trial.job.workload = BenchmarkWorkload{.prompt_tokens = number + 1};
        plan.trials.push_back(std::move(trial));
    }
    return plan;
}

Report table_report(double value) {
    Report report;
    for (const std::string_view name : metric_names) {
        report.metrics.push_back({.name = std::string(name),
                                  .n = 5,
                                  .mean = value,
                                  .sd = 0.125,
                                  .ci95_low = value - 0.1,
                                  .ci95_high = value + 0.1,
                                  .p50 = value,
                                  .p90 = {},
                                  .min = value - 1,
                                  .max = value + 1,
                                  .samples = {value - 1, value, value, value, value + 1}});
    }
    report.facts = {{"dtype", "int8"}, {"device", "cpu"}};
    return report;
}

TrialEvent event(const std::string& trial, std::uint64_t sequence, decltype(TrialEvent::body) body) {
    return {.trial_id = trial,
            .attempt = 1,
            .sequence = sequence,
            .wall_time_ms = 1'795'000'000'000,
            .body = std::move(body)};
}

Result<double> store_observations(Store& store, const std::string& trial) {
    const auto start = std::chrono::steady_clock::now();
    if (auto sent = store.submit(event(trial, 1, AttemptStarted{.target = "cpu", .environment_json = "{}"})); !sent) {
        return sent.error();
    }
    for (int index = 0; index < observations; ++index) {
        auto sent = store.submit(event(trial, static_cast<std::uint64_t>(index) + 2,
                                       Observation{.kind = ObservationKind::token,
                                                   .time_ns = std::int64_t{20'000'000} * index,
                                                   .repetition = index / 1000,
                                                   .index = index % 1000,
                                                   .name = {},
                                                   .value = static_cast<double>(index % 49152),
                                                   .text = " word"}));
        if (!sent) {
            return sent.error();
        }
    }
    if (auto flushed = store.flush(); !flushed) {
        return flushed.error();
    }
    return milliseconds_since(start);
}

Result<double> store_table(Store& store, const Plan& plan) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t number = 1; number < plan.trials.size(); ++number) {
        const std::string& trial = plan.trials[number].id;
        auto begun = store.submit(event(trial, 1, AttemptStarted{.target = "cpu", .environment_json = "{}"}));
        auto ended = store.submit(event(trial, 2, AttemptDone{table_report(static_cast<double>(number))}));
        if (!begun || !ended) {
            return begun ? ended.error() : begun.error();
        }
    }
    if (auto flushed = store.flush(); !flushed) {
        return flushed.error();
    }
    return milliseconds_since(start);
}

// The median of five, on an open database; the first query of a process finds the file in the system's cache.
Result<double> median_query(ResultsReader& reader, const ResultsQuery& query, std::size_t* rows) {
    std::vector<double> times;
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        const auto start = std::chrono::steady_clock::now();
        auto trials = TANDEM_TRY(reader.trials(query));
        times.push_back(milliseconds_since(start));
        *rows = trials.size();
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

Result<nlohmann::ordered_json> measure(const std::filesystem::path& path) {
    const Plan plan = table_plan();
    ExperimentSpec spec;
    spec.name = plan.experiment;
    nlohmann::ordered_json figures;
    {
        auto store = TANDEM_TRY(Store::open(path));
        auto start = std::chrono::steady_clock::now();
        (void)TANDEM_TRY(store->record_plan(spec, plan));
        figures["record_plan_10000_trials_ms"] = milliseconds_since(start);
        figures["store_1000000_observations_ms"] = TANDEM_TRY(store_observations(*store, plan.trials.front().id));
        figures["store_10000_attempts_ms"] = TANDEM_TRY(store_table(*store, plan));
        start = std::chrono::steady_clock::now();
        (void)TANDEM_TRY(store->history());
        figures["history_10000_trials_ms"] = milliseconds_since(start);
    }
    figures["database_bytes"] = std::filesystem::file_size(path);
    auto reader = TANDEM_TRY(ResultsReader::open(path));
    const auto start = std::chrono::steady_clock::now();
    (void)TANDEM_TRY(reader->trials({}));
    figures["results_table_10000_trials_first_ms"] = milliseconds_since(start);
    std::size_t rows = 0;
    figures["results_table_10000_trials_ms"] = TANDEM_TRY(median_query(*reader, {}, &rows));
    figures["results_table_rows"] = rows;
    figures["results_table_one_experiment_ms"] =
        TANDEM_TRY(median_query(*reader, {.experiment = "bench", .filters = {}}, &rows));
    const auto filters = TANDEM_TRY(parse_filters("state=done,model~smol,ttft_ms<5000"));
    figures["results_table_filtered_ms"] = TANDEM_TRY(median_query(*reader, {{}, filters}, &rows));
    figures["results_table_filtered_rows"] = rows;
    const auto trials = TANDEM_TRY(reader->trials({}));
    const auto formatting = std::chrono::steady_clock::now();
    const auto table_rows = report::result_rows(trials, report::Seeds::apart);
    figures["print_table_bytes"] = report::to_text(report::make_table(table_rows), {}).size();
    figures["print_table_10000_trials_ms"] = milliseconds_since(formatting);
    const auto csv = std::chrono::steady_clock::now();
    figures["print_csv_bytes"] = report::to_csv(table_rows).size();
    figures["print_csv_10000_trials_ms"] = milliseconds_since(csv);
    return figures;
}

int run(bool json, const std::filesystem::path& parent) {
    const test::TemporaryFolder folder(parent);
    return bench::print_figures(measure(folder / "bench.db"), json);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
    bool json = false;
    std::filesystem::path parent = std::filesystem::temp_directory_path();
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--json") {
            json = true;
        } else {
            parent = argv[i];
        }
    }
    return tandem::run(json, parent);
}
