// From a spec to the trials it means: pure functions, no clock, no file, no machine. What must be known of models and
// machines is passed in. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/api/sha256.h"
#include "experiments/events/event.h"
#include "experiments/spec/spec.h"

namespace tandem {

struct MachineFacts {
    std::string fingerprint;  // what makes timings comparable: CPU model, cores, memory, host
    std::int64_t memory_bytes = 0;
    std::int64_t cores = 1;
    double memory_bandwidth = 20e9;  // bytes per second; a rough figure unless measured
    double flops = 50e9;             // f32 per second; likewise
};

// What the store knows of a trial from earlier runs.
struct TrialHistory {
    TrialState state = TrialState::queued;
    std::int64_t attempts = 0;
    std::string finished_at;        // ISO 8601, for the reason
    std::optional<double> wall_ms;  // of the last finished attempt
    std::optional<double> peak_rss_bytes;
    std::string error_code;  // of the last failure
};

// What is known of a JSONL file of training or evaluation pairs.
struct DataFacts {
    struct Part {
        std::int64_t rows = 0;
        std::int64_t bytes = 0;    // of their lines together
        std::int64_t longest = 0;  // bytes of the longest line
    };
    std::string location;  // where it lies on this machine
    std::string sha256;
    std::map<std::string, Part> parts;  // by split; under "" the whole file
};

struct PlanInputs {
    std::map<std::string, ModelFacts> models;      // by ModelSpec name; sha256 filled
    std::map<std::string, DataFacts> data;         // by data_key() (plan/data.h)
    std::map<std::string, TrainedRef> trained;     // by the name of the PairingSpec that says it
    std::map<std::string, MachineFacts> machines;  // by target name
    std::map<std::string, TrialHistory> history;   // by trial id
    std::string engine_version;                    // changes when results may change
};

struct Estimate {
    std::int64_t memory_bytes = 0;  // weights + KV cache + activations + the process itself
    double seconds = 0;
    bool measured = false;  // taken from an earlier attempt of the same trial
};

enum class TrialAction { run, skip };

struct Trial {
    std::string id;                                // SHA-256 over everything that can change the result, 64 hex digits
    std::string pairing, model, target, workload;  // names, for tables
    std::string partner;                           // the second model's name; empty: there is none
    std::vector<std::pair<std::string, std::string>> settings;  // the sweep's values for this trial, in axis order
    std::uint64_t seed = 0;
    Job job;
    bool timing = false;
    Estimate estimate;
    TrialAction action = TrialAction::run;
    std::string reason;  // "new", "done on 2026-11-24", "failed with WORKER_KILLED, tried again"
    std::int64_t first_attempt = 1;
    std::string baseline = {};        // the pairing that it is compared with; empty: none
    std::string baseline_trial = {};  // id of that pairing's trial; empty: there is none
};

struct Plan {
    std::string experiment;
    std::vector<Trial> trials;    // in run order, ids unique
    std::int64_t duplicates = 0;  // combinations that meant the same trial and were merged
    std::int64_t left_out = 0;    // combinations of a pairing and a workload that is not for it
    Estimate total_to_run;        // seconds summed, memory of the largest
};

// Errors: SWEEP_TOO_LARGE, PLAN_MODEL_UNKNOWN, PLAN_DATA_UNKNOWN, DATA_EMPTY (no such split),
// PLAN_TOO_LARGE_FOR_TARGET (memory need with its sum shown), PLAN_TEXT_TOO_LARGE, SPEC_RANGE, SPEC_MISSING and
// SPEC_CONFLICT where knobs that limit each other meet badly, and PLAN_EMPTY when nothing is left.
Result<Plan> make_plan(const ExperimentSpec& spec, const PlanInputs& inputs);

// Canonical JSON of what identifies a trial, and its SHA-256. Exposed for tests and `tandem compare`.
std::string trial_identity_json(const Job& job, const std::string& target_host, const std::string& machine_fingerprint,
                                const std::string& engine_version);

}  // namespace tandem
