// Services that do what a test says, and results as a database would give them. Thread rule: as services.h; a test
// sets the members before the window uses them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/studio/service/services.h"

namespace tandem::studio_test {

// A plan with one trial for each of `count`.
PreparedRun prepared_run(int count);

class FakeRuns : public studio::RunService {
public:
    Result<PreparedRun> prepare(const std::string& yaml, const std::string& file_name) override;
    Result<RunSummary> run(const PreparedRun& prepared, const RunListener& listener, std::stop_token stop) override;

    std::function<Result<PreparedRun>(const std::string& yaml)> on_prepare;
    std::function<Result<RunSummary>(const PreparedRun&, const RunListener&, std::stop_token)> on_run;
    std::atomic<int> prepared = 0;
    std::atomic<int> runs = 0;
};

class FakeModels : public studio::ModelService {
public:
    Result<std::vector<LibraryEntry>> models() override;
    std::vector<std::string> shapes() const override { return {"SmolLM2-135M", "Llama-3.2-1B"}; }
    std::vector<std::string> catalogue() const override { return {"smollm2-135m-instruct-q4_1"}; }
    Result<LibraryEntry> add(const std::string& source, bool accept_terms, const DownloadListener& listener,
                             std::stop_token stop) override;

    std::mutex mutex;
    std::vector<LibraryEntry> entries;
};

class FakeResults : public studio::ResultsService {
public:
    std::string database() const override { return "/tmp/results.db"; }
    Result<std::vector<ExperimentRow>> experiments() override;
    Result<std::vector<TrialRow>> trials(const std::string& experiment) override;
    Result<TrialDetail> trial(const std::string& id) override;
    Result<std::vector<Observation>> observations(const std::string& id) override;

    Result<std::vector<AttemptObservation>> training(const std::string& id) override;

    std::vector<TrialRow> rows;
    std::map<std::string, std::vector<AttemptObservation>> trainings;  // by trial id
};

struct FakeServices {
    FakeRuns runs;
    FakeModels models;
    FakeResults results;
    studio::Services services() { return {runs, models, results}; }
};

MetricSummary metric(const std::string& name, double mean, double half_width);
TrialRow trial_row(int number, const std::string& dtype, int prompt_tokens, double decode);
// Two number formats at three prompt lengths, and one trial that failed.
std::vector<TrialRow> sweep_rows();

}  // namespace tandem::studio_test
