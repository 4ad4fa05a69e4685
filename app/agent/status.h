// What this device tells a controller about itself. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <string>

namespace tandem::agent {

// One JSON document: the machine's environment, its free memory, and whether trials can run here.
std::string status_json(const std::filesystem::path& worker_program);

// The same for reading, one fact a line.
std::string status_text(const std::filesystem::path& worker_program);

}  // namespace tandem::agent
