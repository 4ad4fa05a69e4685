// Which charts a report shows, and of what: curves where one swept number tells the rows apart, bars otherwise. Thread
// rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "app/report/report_data.h"
#include "app/report/result_rows.h"

namespace tandem::report {

inline constexpr double wide_chart = 1060, narrow_chart = 350;  // pixels

struct ReportChart {
    std::string title, explanation;
    std::string wide, narrow;  // SVG for desktops and for phones
};

std::vector<ReportChart> report_charts(const ReportData& data, const std::vector<ResultRow>& rows);

// The rows that timing charts are about: benchmarks where there are any, else everything with metrics.
std::vector<ResultRow> charted_rows(const std::vector<ResultRow>& rows);

}  // namespace tandem::report
