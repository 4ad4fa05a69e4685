// What the form's buttons do to an experiment, so that it stays whole: a removed model takes its pairings and sweep
// values along. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/spec.h"

namespace tandem::studio {

// One model, this machine, one benchmark: runs as it is.
ExperimentSpec new_experiment(const std::string& model_source);

// The model under a name of its own, and a pairing that runs it alone.
void add_model(ExperimentSpec& spec, const std::string& source);
void remove_model(ExperimentSpec& spec, std::string name);
void rename_model(ExperimentSpec& spec, std::string name, const std::string& fresh);

void add_workload(ExperimentSpec& spec, std::string_view kind);
void remove_workload(ExperimentSpec& spec, std::string name);
void rename_workload(ExperimentSpec& spec, std::string name, const std::string& fresh);

// One knob that varies over a grid, as the form edits it.
struct SweepRow {
    std::string path;
    std::string values;  // separated by commas
};
std::vector<SweepRow> grid_rows(const ExperimentSpec& spec);
// Replaces the grid; knobs that vary together and exclusions that still make sense stay.
void set_grid_rows(ExperimentSpec& spec, const std::vector<SweepRow>& rows);

std::vector<std::string> split_list(const std::string& text);
std::string join_list(const std::vector<std::string>& values);

}  // namespace tandem::studio
