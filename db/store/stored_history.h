// What a database knows of trials, read without changing it: planning must not create or migrate anything. Errors:
// DB_*. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "experiments/plan/plan.h"

namespace tandem {

struct StoredHistory {
    std::map<std::string, TrialHistory> trials;  // empty where there is no database yet
    std::vector<std::string> warnings;
};
Result<StoredHistory> read_stored_history(const std::filesystem::path& database);

}  // namespace tandem
