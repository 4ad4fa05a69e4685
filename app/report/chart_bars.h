// Horizontal bars with 95 % error bars: one for each trial or setting, from zero, each with its value written beside
// it. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/report/chart_legend.h"

namespace tandem::report {

struct BarPart {
    double value = 0;
    std::size_t colour = 0;
};

struct Bar {
    std::string label;
    double value = 0;
    std::optional<double> low, high;  // of the error bar
    std::string value_text;           // "212.3 ± 1.4"
    std::string tooltip;
    std::size_t colour = 0;
    std::vector<BarPart> parts;  // drawn within the bar, one after the other: what the value is made of
};

struct BarChart {
    std::string title;
    std::string axis_title;  // with its unit
    std::vector<LegendKey> legend;
    std::vector<Bar> bars;
};

// `width` in pixels; below 520 the labels stand above the bars instead of beside them.
std::string draw_bars(const BarChart& chart, double width);

}  // namespace tandem::report
