// Filters over rows in memory: no text of the user's ever becomes SQL. Errors: QUERY_FILTER. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/queries/queries.h"
#include "engine/api/result.h"

namespace tandem::db {

// The row's text for a column, setting (whole path or its last word) or metric (its mean); nothing where it has none.
std::optional<std::string> filter_value(const TrialRow& row, const std::string& key);

// A row matches where it has the key and the comparison holds; numbers compare as numbers where both sides are.
bool matches(const TrialRow& row, const Filter& filter);

// Keeps the rows that match all filters. QUERY_FILTER for a key that is no column, no metric and that no row has.
Result<void> apply_filters(std::vector<TrialRow>& rows, const std::vector<Filter>& filters);

}  // namespace tandem::db
