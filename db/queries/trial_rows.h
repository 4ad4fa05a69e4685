// Rows of trials and their metrics as the read models' structs. Errors: DB_*. Thread rule: as the connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/queries/queries.h"
#include "db/store/connection.h"

namespace tandem::db {

// One row a trial, under the newest experiment that means it (of that name where one is given); with metrics, without
// samples; in the order of experiments and plans. `trial` limits to one whole id.
Result<std::vector<TrialRow>> read_trial_rows(const Connection& connection,
                                              const std::optional<std::string>& experiment,
                                              const std::optional<std::string>& trial);

// With samples, in the report's order.
Result<std::vector<MetricSummary>> read_metrics(const Connection& connection, std::int64_t attempt_row);

// ISO 8601 in UTC, to the second.
std::string iso_time(std::int64_t unix_ms);

}  // namespace tandem::db
