// The data files of an experiment's workloads: which are needed, and what is known of them put into a trial's workload.
// Errors: PLAN_DATA_UNKNOWN, DATA_EMPTY. Thread rule: stateless; reads no file.
#pragma once

#include <string>
#include <vector>

#include "experiments/plan/plan.h"
#include "experiments/plan/workload_size.h"
#include "experiments/spec/spec.h"

namespace tandem {

// Paths are relative to the file that says them.
struct NeededFile {
    std::string key;
    std::string path;  // as it is said
    SourcePosition position;
    bool in_splits = false;  // somebody means a part of it
};

// The folder of the workload's file joined with the path, as PlanInputs::data has it.
std::string data_key(const WorkloadSpec& workload, const std::string& path);

// Every file that a trial may read, swept ones too, each once.
std::vector<NeededFile> needed_data(const ExperimentSpec& spec);

// Location and sum of every file that `workload`, which `spec` declared, names. The counts are those of its parts.
Result<DataCounts> place_data(const WorkloadSpec& spec, const PlanInputs& inputs, Workload& workload);

}  // namespace tandem
