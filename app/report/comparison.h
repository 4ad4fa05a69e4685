// Trials side by side, only what differs: causes (what was asked and where it ran) apart from effects (what came of
// it). The first trial is the one that the others are compared with. Thread rule: plain data, pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/report/difference.h"
#include "app/report/paired_scores.h"
#include "app/report/table_formats.h"
#include "db/queries/queries.h"

namespace tandem::report {

struct ComparedTrial {
    TrialDetail detail;
    std::vector<std::pair<std::int64_t, std::string>> outputs;  // prompt number, generated text
    std::vector<ScoredAnswer> answers;                          // of an evaluation, else empty
};

// Reads the trials and their outputs. Errors: TRIAL_NOT_FOUND, TRIAL_AMBIGUOUS, DB_*.
Result<std::vector<ComparedTrial>> read_compared(ResultsReader& reader, const std::vector<std::string>& ids);

// One thing that is not the same in all trials; a value is absent where a trial does not have it.
struct Cause {
    std::string group;  // names, settings, job, machine, facts
    std::string name;   // "workload.prompt_tokens", "environment.governor"
    std::vector<std::optional<std::string>> values;
};

struct MetricEffect {
    std::string name;
    std::vector<std::optional<MetricSummary>> values;
    std::vector<Difference> differences;  // of each further trial to the first
};

struct OutputEffect {
    std::int64_t prompt = 0;
    std::vector<std::optional<std::string>> values;
    std::vector<std::optional<std::size_t>> first_difference;  // of each further trial: in characters; absent: equal
};

struct Comparison {
    std::vector<std::string> ids;
    std::vector<Cause> causes;
    std::vector<Cause> outcomes;  // state, error
    std::vector<MetricEffect> metrics;
    std::vector<OutputEffect> outputs;  // only prompts whose texts differ
    std::size_t equal_outputs = 0;
    std::size_t equal_metrics = 0;  // counted exactly and equal: left out
};

Comparison compare(const std::vector<ComparedTrial>& trials);

std::string to_text(const Comparison& comparison, const TerminalStyle& style);
nlohmann::ordered_json to_json(const Comparison& comparison);

// Characters that both begin with, where the texts are not equal.
std::optional<std::size_t> first_difference(std::string_view first, std::string_view second);

}  // namespace tandem::report
