#include <set>

#include "app/report/report_markup.h"
#include "app/report/report_sections.h"
#include "app/report/speedup_charts.h"
#include "app/report/speedup_table.h"

namespace tandem::report {

Section speedup_section(const std::vector<ResultRow>& rows) {
    std::set<std::string> baselines;
    for (const ResultRow& row : compared_rows(rows)) {
        baselines.insert(row.trial.baseline);
    }
    if (baselines.empty()) {
        return {"speedup", "Speed-up", ""};
    }
    const ResultTable table = make_speedup_table(rows);
    std::string html = table_html(table, table.notes);
    for (const ReportChart& chart : speedup_charts(rows)) {
        html += chart_html(chart);
    }
    std::string names;
    for (const std::string& name : baselines) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return {"speedup", "Speed-up against " + names, html};
}

}  // namespace tandem::report
