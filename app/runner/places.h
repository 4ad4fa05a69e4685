// Where the parts of an installed Tandem are: beside this program, in its share folder, on PATH. Errors:
// WORKER_PROGRAM_MISSING. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// `wanted` where it is not empty, else beside this program, else on PATH.
Result<std::filesystem::path> find_worker(const std::filesystem::path& wanted);

// A program of Tandem's own or of the system; empty where it is nowhere.
std::filesystem::path find_program(const std::string& name);

// Folders that hold installed experiments, the likeliest first; those of the build's own source tree count.
std::vector<std::filesystem::path> experiment_folders();

// What trials share and can make again, as vectors that large models made of prompts: $XDG_CACHE_HOME/tandem, else below
// ~/.cache.
std::filesystem::path trial_cache_folder();

}  // namespace tandem
