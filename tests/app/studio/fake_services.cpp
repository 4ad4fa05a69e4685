#include "tests/app/studio/fake_services.h"

#include <algorithm>
#include <cstdio>

namespace tandem::studio_test {
namespace {

std::string trial_id(int number) {
    char text[65];
    std::snprintf(text, sizeof text, "%08x%056d", static_cast<unsigned>(number), 0);
    return text;
}

}  // namespace

PreparedRun prepared_run(int count) {
    PreparedRun run;
    run.spec.name = "example";
    run.plan.experiment = "example";
    for (int number = 0; number < count; ++number) {
        Trial trial;
        trial.id = trial_id(number);
        trial.pairing = trial.model = "smollm2";
        trial.target = "here";
        trial.workload = "speed";
        trial.settings = {{"workloads.speed.prompt_tokens", std::to_string(16 * (number + 1))}};
        trial.estimate = {.memory_bytes = 300 << 20, .seconds = 10};
        trial.reason = "new";
        run.plan.trials.push_back(std::move(trial));
    }
    run.plan.total_to_run = {.memory_bytes = 300 << 20, .seconds = 10.0 * count};
    return run;
}

Result<PreparedRun> FakeRuns::prepare(const std::string& yaml, const std::string&) {
    ++prepared;
    return on_prepare ? on_prepare(yaml) : prepared_run(3);
}

Result<RunSummary> FakeRuns::run(const PreparedRun& run, const RunListener& listener, std::stop_token stop) {
    ++runs;
    if (on_run) {
        return on_run(run, listener, std::move(stop));
    }
    RunSummary summary;
    for (const Trial& trial : run.plan.trials) {
        listener.started(trial, 1);
        listener.finished(trial, TrialState::done, nullptr);
        ++summary.done;
    }
    return summary;
}

Result<std::vector<LibraryEntry>> FakeModels::models() {
    const std::lock_guard lock(mutex);
    return entries;
}

Result<LibraryEntry> FakeModels::add(const std::string& source, bool accept_terms, const DownloadListener& listener,
                                     std::stop_token) {
    if (source == "with-terms" && !accept_terms) {
        return Error{.code = "MODEL_TERMS", .message = "this model has terms of its own", .where = source};
    }
    listener({.what = source, .done_bytes = 50, .total_bytes = 100});
    listener({.what = source, .done_bytes = 100, .total_bytes = 100});
    LibraryEntry entry{.name = source, .location = "/models/" + source, .sha256 = {}, .bytes = 100};
    const std::lock_guard lock(mutex);
    entries.push_back(entry);
    return entry;
}

Result<std::vector<ExperimentRow>> FakeResults::experiments() {
    std::vector<ExperimentRow> experiments;
    for (const TrialRow& row : rows) {
        const bool known = std::any_of(experiments.begin(), experiments.end(),
                                       [&](const ExperimentRow& other) { return other.name == row.experiment; });
        if (!known) {
            experiments.push_back({.id = 1, .name = row.experiment, .description = "for tests"});
        }
    }
    return experiments;
}

Result<std::vector<TrialRow>> FakeResults::trials(const std::string& experiment) {
    std::vector<TrialRow> found;
    for (const TrialRow& row : rows) {
        if (experiment.empty() || row.experiment == experiment) {
            found.push_back(row);
        }
    }
    return found;
}

Result<TrialDetail> FakeResults::trial(const std::string& id) {
    for (const TrialRow& row : rows) {
        if (row.id == id) {
            TrialDetail detail;
            detail.row = row;
            detail.log = "a line of log";
            for (const auto& [name, summary] : row.metrics) {
                detail.metrics.push_back(summary);
            }
            return detail;
        }
    }
    return Error{.code = "TRIAL_NOT_FOUND", .message = "no such trial", .where = id};
}

Result<std::vector<Observation>> FakeResults::observations(const std::string&) {
    std::vector<Observation> tokens;
    std::int64_t time_ns = 0;
    for (int index = 0; index < 20; ++index) {
        time_ns += 10'000'000 + index * 100'000;
        tokens.push_back({.kind = ObservationKind::token, .time_ns = time_ns, .repetition = 0, .index = index});
    }
    return tokens;
}

Result<std::vector<AttemptObservation>> FakeResults::training(const std::string& id) {
    const auto found = trainings.find(id);
    return found == trainings.end() ? std::vector<AttemptObservation>() : found->second;
}

MetricSummary metric(const std::string& name, double mean, double half_width) {
    return {.name = name,
            .n = 5,
            .mean = mean,
            .sd = half_width / 2,
            .ci95_low = mean - half_width,
            .ci95_high = mean + half_width,
            .p50 = mean,
            .min = mean - half_width,
            .max = mean + half_width};
}

TrialRow trial_row(int number, const std::string& dtype, int prompt_tokens, double decode) {
    TrialRow row;
    row.id = trial_id(number);
    row.experiment = "example";
    row.pairing = row.model = "smollm2";
    row.target = "here";
    row.workload = "speed";
    row.kind = "benchmark";
    row.settings = {{"load.dtype", dtype}, {"workloads.speed.prompt_tokens", std::to_string(prompt_tokens)}};
    row.seed = 1;
    row.state = "done";
    row.attempts = 1;
    row.metrics["decode_tokens_per_second"] = metric("decode_tokens_per_second", decode, decode / 20);
    row.metrics["ttft_ms"] = metric("ttft_ms", prompt_tokens * 2.0, 1);
    return row;
}

std::vector<TrialRow> sweep_rows() {
    std::vector<TrialRow> rows;
    int number = 0;
    for (const std::string dtype : {"f32", "int8"}) {
        for (const int prompt : {1024, 64, 256}) {
            rows.push_back(trial_row(number++, dtype, prompt, (dtype == "f32" ? 20.0 : 60.0) - prompt / 100.0));
        }
    }
    TrialRow failed = trial_row(number, "bf16", 64, 1);
    failed.state = "failed";
    failed.error_code = "WORKER_KILLED";
    failed.error_message = "the worker was killed by signal 9";
    failed.metrics.clear();
    rows.push_back(failed);
    return rows;
}

}  // namespace tandem::studio_test
