// What pairings gain on their baselines, as a table: times of both, speed-ups with their intervals, memory, sizes.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "app/report/result_rows.h"
#include "app/report/result_table.h"

namespace tandem::report {

// The rows of trials that are compared with a baseline, measured or not, in order.
std::vector<ResultRow> compared_rows(const std::vector<ResultRow>& rows);

// "1.83 (1.79–1.88)", without brackets where there is no interval, "" where there is no ratio.
std::string ratio_text(const MetricSummary* ratio);

// Of the compared ones among `rows`; the others are looked into for why a speed-up is missing.
ResultTable make_speedup_table(const std::vector<ResultRow>& rows);

}  // namespace tandem::report
