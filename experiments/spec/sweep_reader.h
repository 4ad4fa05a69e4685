// The `sweep:` section and lists of numbers. Nothing is expanded before its size is known to be allowed.
// Errors: SWEEP_PATH, SWEEP_LINKED_LENGTH, SWEEP_TOO_LARGE, and those of the values. Thread rule: stateless.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "experiments/spec/problems.h"
#include "experiments/spec/spec.h"
#include "experiments/spec/yaml_tree.h"

namespace tandem {

struct SweepValue {
    std::string text;
    bool quoted = false;
    SourcePosition position;
};

// A list of values, one value, {range: {from, to, step}} or {log_range: {from, to, factor}}; ends are included.
// Empty after a problem.
std::vector<SweepValue> read_values(const YamlNode& node, const std::string& path, Problems& problems);

// `unread`: names of sections' entries that have problems of their own; axes over them are not judged.
void read_sweep(const YamlNode& sweep, const std::set<std::string>& unread, ExperimentSpec& spec, Problems& problems);

// Trials before exclusions and merging, without expanding; infinity where there are more than a double holds.
double count_trials(const ExperimentSpec& spec);

}  // namespace tandem
