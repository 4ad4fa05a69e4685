// Experiments and trials as rows, and back as the history that planning needs. Errors: DB_*. Thread rule: one thread at
// a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "db/store/connection.h"
#include "engine/api/result.h"
#include "experiments/plan/plan.h"
#include "experiments/spec/spec.h"

namespace tandem::db {

// Each of these is one transaction of its own.
Result<std::int64_t> write_plan(const Connection& connection, const ExperimentSpec& spec, const Plan& plan,
                                std::int64_t now_ms);
Result<std::map<std::string, TrialHistory>> read_history(const Connection& connection);
Result<std::int64_t> fail_running_attempts(const Connection& connection, std::int64_t now_ms);

}  // namespace tandem::db
