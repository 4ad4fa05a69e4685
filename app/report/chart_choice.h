// How rows are laid out in a chart: what goes along the axis, what gets a colour. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/report/chart_legend.h"
#include "app/report/result_rows.h"

namespace tandem::report {

struct Colouring {
    std::vector<std::size_t> of_row;  // colour of each row
    std::vector<LegendKey> legend;
};

// By the first of model, pairing, number format, other settings that has between two and eight values; one colour for
// all where there is none.
Colouring colour_rows(const std::vector<ResultRow>& rows);

// One swept number with at least three values along the axis, at most ten curves, no two rows on one point.
struct CurveLayout {
    std::string setting, heading;
    std::vector<double> values;  // along the axis, ascending
    bool logarithmic = false;
    struct Curve {
        std::string label;
        std::vector<std::size_t> rows;  // ascending along the axis
    };
    std::vector<Curve> curves;
};
std::optional<CurveLayout> curve_layout(const std::vector<ResultRow>& rows);

// The whole text as a finite number.
std::optional<double> number_of(const std::string& text);

// "tokens" for "workloads.speed.prompt_tokens"; empty where the knob has no unit or is not known.
std::string setting_unit(const std::string& path);

}  // namespace tandem::report
