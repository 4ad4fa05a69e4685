// Pieces of HTML that several sections of the report are made of; what others wrote is escaped. Thread rule: pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/report/report_charts.h"
#include "app/report/result_table.h"

namespace tandem::report {

inline constexpr std::size_t most_table_rows = 2000;

// <name class="style">escaped text</name>
std::string element(std::string_view name, std::string_view style, std::string_view text);

// A table that can be sorted, what all rows share above it and the notes below.
std::string table_html(const ResultTable& table, std::vector<std::string> notes);

// Heading, explanation and both sizes of the picture.
std::string chart_html(const ReportChart& chart);

}  // namespace tandem::report
