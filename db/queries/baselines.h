// What each trial gained on the trial that it is compared with, as further metrics of its row: speedup, ttft_speedup,
// tpot_speedup, peak_rss_ratio, size_ratio (docs/formats/metrics.md). Errors: DB_*. Thread rule: as the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "db/queries/queries.h"
#include "db/store/connection.h"

namespace tandem::db {

// `attempts`: of each row, the attempt that its metrics are of. A row whose baseline was not measured, or that was not
// itself, stays as it is. The baseline need not be among the rows.
Result<void> add_ratios(const Connection& connection, std::span<const std::optional<std::int64_t>> attempts,
                        std::vector<TrialRow>& rows);

}  // namespace tandem::db
