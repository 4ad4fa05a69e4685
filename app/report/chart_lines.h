// Curves over a numeric axis, with 95 % error bars where points have them. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/report/chart_legend.h"
#include "app/report/chart_scale.h"

namespace tandem::report {

struct LinePoint {
    double x = 0, y = 0;
    std::optional<double> low, high;
    std::string tooltip;  // empty: the point gets no mark of its own
};

struct LineSeries {
    std::string label;
    std::size_t colour = 0;
    std::vector<LinePoint> points;  // ascending x
};

struct LineChart {
    std::string title;
    std::string x_title, y_title;  // with their units
    ScaleKind x_kind = ScaleKind::linear;
    std::vector<double> x_ticks;  // empty: round numbers
    std::vector<LegendKey> legend;
    std::vector<LineSeries> series;
};

// Points far above nearly all others are drawn at the upper edge, and a line under the chart counts them. `width` in
// pixels.
std::string draw_lines(const LineChart& chart, double width);

// The top of the y axis: the largest value, unless a few stand far above the rest.
double visible_top(std::vector<double> values);

}  // namespace tandem::report
