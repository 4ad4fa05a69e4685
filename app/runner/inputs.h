// What a plan must know of the files that an experiment names beside its models: data by its sum and its rows, and what
// earlier trainings left. Errors: DATA_NOT_FOUND, DATA_NOT_JSON (where splits are asked for), TRAINED_NOT_FOUND,
// FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/api/result.h"
#include "experiments/plan/plan.h"
#include "experiments/spec/spec.h"

namespace tandem {

// One file, read once: its sum, and the lines of its parts. `splits`: each line's `split` is looked at.
Result<DataFacts> read_data_facts(const std::filesystem::path& file, bool splits);

// By data_key(). Each path is looked for beside the file that says it, then in `data_folder`.
Result<std::map<std::string, DataFacts>> resolve_data(const ExperimentSpec& spec,
                                                      const std::filesystem::path& data_folder);

// By the pairing's name; a folder is relative to the file that says it.
Result<std::map<std::string, TrainedRef>> resolve_trained(const ExperimentSpec& spec);

// The error at a place of the experiment's file; where it was before is part of its message.
Error placed(Error error, const SourcePosition& position);

}  // namespace tandem
