// Carries one worker session over a pair of descriptors, byte for byte, so that a device can be driven through ssh.
// Thread rule: blocks its caller. Errors: WORKER_START_FAILED, EXECUTE_IO.
#pragma once

#include <filesystem>

#include "engine/api/result.h"

namespace tandem::agent {

// Starts the worker and returns its exit code when it has ended; a worker ended by a signal counts as 1. The end of
// `input` ends the worker. What the worker writes on its stderr goes to ours.
Result<int> relay_worker(const std::filesystem::path& worker_program, int input, int output);

}  // namespace tandem::agent
