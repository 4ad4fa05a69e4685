// The results as columns and cells, ready for any of the formats for readers (text, Markdown, LaTeX, HTML). Thread
// rule: plain data, stateless functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/report/metric_format.h"
#include "app/report/result_rows.h"

namespace tandem::report {

struct TableColumn {
    std::string key;      // "trial", "state", a dimension's key or a metric's name
    std::string heading;  // "first token"
    std::string unit;     // "ms"
    bool number = false;  // aligned to the right
    bool metric = false;
    int rank = 0;  // higher ones are left out first where a table is too wide; 0 stays
};

enum class Tone { plain, best, failed, quiet };

struct TableCell {
    std::string text;
    std::string order;  // full precision, for sorting; empty: as `text`
    Tone tone = Tone::plain;
};

struct ResultTable {
    std::vector<TableColumn> columns;
    std::vector<std::vector<TableCell>> rows;
    std::vector<std::pair<std::string, std::string>> shared;  // what all rows have in common: heading, value
    std::vector<std::string> notes;                           // how to read the cells
};

// Columns that are the same for all rows become `shared`; metrics that no row has are left out. The best mean of each
// metric with a known direction is marked, among at least two rows of one workload.
ResultTable make_table(const std::vector<ResultRow>& rows);

}  // namespace tandem::report
