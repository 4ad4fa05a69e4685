// What the studio needs from the rest of Tandem, as three small interfaces: running, models, results. One production
// implementation (local_services.h) and fakes in the tests, so that every window can be tried without a model.
// Errors: those of app/runner, app/library and db/queries, passed on unchanged.
// Thread rule: every call blocks; each interface is called from one background thread at a time, never from the
// window's.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/library/library.h"
#include "app/runner/runner.h"
#include "db/queries/queries.h"

namespace tandem::studio {

class RunService {
public:
    virtual ~RunService() = default;
    // `file_name` says where paths in the text start from; the file itself is not read.
    virtual Result<PreparedRun> prepare(const std::string& yaml, const std::string& file_name) = 0;
    virtual Result<RunSummary> run(const PreparedRun& prepared, const RunListener& listener, std::stop_token stop) = 0;
};

class ModelService {
public:
    virtual ~ModelService() = default;
    virtual Result<std::vector<LibraryEntry>> models() = 0;
    // Words that need no file: shapes for random weights, as in "random:SmolLM2-135M".
    virtual std::vector<std::string> shapes() const = 0;
    // Names that add() knows how to fetch.
    virtual std::vector<std::string> catalogue() const = 0;
    // `accept_terms`: the user has read the notice of a model that has one; MODEL_TERMS without.
    virtual Result<LibraryEntry> add(const std::string& source, bool accept_terms, const DownloadListener& listener,
                                     std::stop_token stop) = 0;
};

class ResultsService {
public:
    virtual ~ResultsService() = default;
    virtual std::string database() const = 0;  // for the window's title
    virtual Result<std::vector<ExperimentRow>> experiments() = 0;
    // `experiment` empty: of all experiments.
    virtual Result<std::vector<TrialRow>> trials(const std::string& experiment) = 0;
    virtual Result<TrialDetail> trial(const std::string& id) = 0;
    virtual Result<std::vector<Observation>> observations(const std::string& id) = 0;
    virtual Result<std::vector<AttemptObservation>> training(const std::string& id) = 0;
};

// The services outlive every window that holds this.
struct Services {
    RunService& run;
    ModelService& models;
    ResultsService& results;
};

}  // namespace tandem::studio
