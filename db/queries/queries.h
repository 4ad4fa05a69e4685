// Read models for tables and charts: plain rows, one query each, read-only connection. Errors: DB_*, QUERY_FILTER.
// Thread rule: one ResultsReader per thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

struct ExperimentRow {
    std::int64_t id = 0;
    std::string name, description, created_at;
    std::int64_t trials = 0, done = 0, failed = 0;
    std::string document;  // the YAML after base: and --set
};

struct TrialRow {
    std::string id;
    std::string experiment, pairing, model, target, workload, kind;
    std::vector<std::pair<std::string, std::string>> settings;
    std::uint64_t seed = 0;
    std::string state;  // queued, running, done, failed, cancelled
    std::int64_t attempts = 0;
    std::string started_at, finished_at;
    std::string error_code, error_message;
    // Without samples; where its baseline was measured too, with what docs/formats/metrics.md has under "Against a
    // baseline".
    std::map<std::string, MetricSummary> metrics;
    std::string partner = {};                     // the second model; empty: there is none
    std::string baseline = {};                    // the pairing that it is compared with; empty: none
    std::string baseline_trial = {};              // its trial's id; empty: there is none
    std::optional<std::int64_t> new_tokens = {};  // of a benchmark that was measured
};

// Conditions of `--where`: "key op value" joined by commas, as in "state=done,model~smol,ttft_ms<50". Keys are columns,
// settings and metrics, in double quotes where they have other signs, as in "\"bleu:tok=zh\">20"; operators = != < <= >
// >= ~ (contains).
struct Filter {
    std::string key, op, value;
};
Result<std::vector<Filter>> parse_filters(const std::string& text);

struct ResultsQuery {
    std::optional<std::string> experiment;
    std::vector<Filter> filters;
};

struct TrialDetail {
    TrialRow row;
    std::string job_json, identity_json, environment_json, log;
    std::vector<MetricSummary> metrics;  // with samples
    std::vector<Fact> facts;
    std::vector<std::pair<std::string, std::int64_t>> artefacts;  // name, bytes
};

struct AttemptRow {
    std::int64_t attempt = 0;
    std::string state, started_at, finished_at, error_code, error_message, log;
};

struct AttemptObservation {
    std::int64_t attempt = 0;
    Observation observation;
};

class ResultsReader {
public:
    virtual ~ResultsReader() = default;
    static Result<std::unique_ptr<ResultsReader>> open(const std::filesystem::path& path);

    virtual Result<std::vector<ExperimentRow>> experiments() = 0;
    virtual Result<std::vector<TrialRow>> trials(const ResultsQuery& query) = 0;
    // `id` may be any unambiguous beginning of a trial id. Errors: TRIAL_NOT_FOUND, TRIAL_AMBIGUOUS.
    virtual Result<TrialDetail> trial(const std::string& id) = 0;
    virtual Result<std::vector<AttemptRow>> attempts(const std::string& id) = 0;
    // Observations of the last finished attempt, in order.
    virtual Result<std::vector<Observation>> observations(const std::string& id) = 0;
    // What a training told of its steps and its previews, in order: of all attempts, since one goes on where the one
    // before stopped, and of one that still runs as far as it is stored.
    virtual Result<std::vector<AttemptObservation>> training(const std::string& id) = 0;
    virtual Result<std::vector<std::byte>> artefact(const std::string& id, const std::string& name) = 0;
};

}  // namespace tandem
