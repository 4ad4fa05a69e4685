// Results as text: for a terminal, for programs, for documents. Thread rule: stateless.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/report/result_table.h"
#include "engine/api/field.h"

namespace tandem {

enum class TableFormat { table, csv, jsonl, markdown, latex };

template <>
struct EnumNames<TableFormat> {
    static constexpr std::array<std::pair<TableFormat, std::string_view>, 5> values{
        {{TableFormat::table, "table"},
         {TableFormat::csv, "csv"},
         {TableFormat::jsonl, "jsonl"},
         {TableFormat::markdown, "markdown"},
         {TableFormat::latex, "latex"}}};
};

namespace report {

struct TerminalStyle {
    std::size_t width = 0;  // cells; 0: no limit
    bool colour = false;
};

// Aligned columns. Where they do not fit, metrics of the least interest are left out and named, then names are cut.
std::string to_text(const ResultTable& table, const TerminalStyle& style);

// RFC 4180 with a header: every setting by its whole path, and for every metric its n, mean, sd, ci95_low, ci95_high,
// p50, p90, min and max in the stored unit at full precision. Nothing is left out; absent values are empty.
std::string to_csv(const std::vector<ResultRow>& rows);

// One object a row; absent values are null.
std::string to_jsonl(const std::vector<ResultRow>& rows);
nlohmann::ordered_json to_json(const ResultRow& row);

std::string to_markdown(const ResultTable& table);

// A table of the package booktabs; the best of each metric in bold.
std::string to_latex(const ResultTable& table);
std::string latex_escaped(std::string_view text);

}  // namespace report
}  // namespace tandem
