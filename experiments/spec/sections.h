// The sections of an experiment, each from its map to its typed form. Thread rule: stateless; reads prompt files.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "experiments/spec/problems.h"
#include "experiments/spec/spec.h"
#include "experiments/spec/yaml_tree.h"

namespace tandem {

struct SectionContext {
    Problems& problems;
    std::filesystem::path root;    // the experiment's folder
    std::set<std::string> unread;  // names whose entry has problems, so that nothing further is said about them
};

// "is x, allowed is a, b or c", with a suggestion as long as suggestions are shown.
Fault no_such_model(std::string_view name, const ExperimentSpec& spec, const Problems& problems);

void read_models(const YamlNode& map, ExperimentSpec& spec, SectionContext& context);
void read_pairings(const YamlNode& map, ExperimentSpec& spec, SectionContext& context);
void read_targets(const YamlNode& map, ExperimentSpec& spec, SectionContext& context);
// `repetitions`: for benchmarks that do not say, already checked.
void read_workloads(const YamlNode& map, std::int64_t repetitions, ExperimentSpec& spec, SectionContext& context);

}  // namespace tandem
