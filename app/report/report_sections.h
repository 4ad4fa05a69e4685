// The parts of the report's page, each as HTML; empty where there is nothing to show. Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "app/report/report_data.h"
#include "app/report/result_rows.h"

namespace tandem::report {

struct Section {
    std::string id, title, html;
};

Section glance_section(const std::vector<ResultRow>& rows);
Section results_section(const std::vector<ResultRow>& rows);
Section speedup_section(const std::vector<ResultRow>& rows);
Section charts_section(const ReportData& data, const std::vector<ResultRow>& rows);
Section answers_section(const ReportData& data);
Section failures_section(const ReportData& data);
Section machine_section(const ReportData& data);
Section asked_section(const ReportData& data);
Section definitions_section(const std::vector<ResultRow>& rows);
Section trials_section(const ReportData& data);

}  // namespace tandem::report
