// Where a sweep reaches: "load.dtype", "pairings.small.model", "targets.here.threads", "workloads.*.prompt_tokens".
// Read once from its text, then used to ask which trials an axis concerns and to set the knob in them.
// Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/scalar.h"
#include "experiments/spec/spec.h"

namespace tandem {

enum class SweepSection { load, pairings, targets, workloads };

struct SweepPath {
    SweepSection section = SweepSection::load;
    std::string name;  // "*": all that have the knob; empty for load
    std::string knob;
};

// The parts of one trial that a sweep can reach.
struct TrialParts {
    PairingSpec pairing;
    DeviceOptions device;
    LoadOptions load;
    Workload workload;
};

// By form alone; whether such a thing exists is another question.
std::optional<SweepPath> parse_sweep_path(std::string_view text);

bool has_knob(const Workload& workload, std::string_view knob);

// Whether a trial of these three is affected. A null workload loads nothing, so load.* does not concern it.
bool concerns(const SweepPath& path, const PairingSpec& pairing, const TargetSpec& target,
              const WorkloadSpec& workload);

// Whether every trial that `inner` concerns is concerned by `outer` too, with the same knob.
bool covers(const SweepPath& outer, const SweepPath& inner);

MaybeFault apply_setting(const SweepPath& path, Scalar value, bool checked, TrialParts& parts);

// The one spelling of the value that stands at `path`.
std::string setting_value(const SweepPath& path, const TrialParts& parts);

// All paths that this experiment can sweep, for suggestions.
std::vector<std::string> sweepable_paths(const ExperimentSpec& spec);

}  // namespace tandem
