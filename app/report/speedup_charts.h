// Speed-up by output length and by size ratio, one chart for each workload. Thread rule: pure functions.
#pragma once

#include <vector>

#include "app/report/report_charts.h"
#include "app/report/result_rows.h"

namespace tandem::report {

// By output length where a workload has at least two, by size ratio where its pairings have at least two. Empty where
// there is nothing to compare.
std::vector<ReportChart> speedup_charts(const std::vector<ResultRow>& rows);

}  // namespace tandem::report
