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
    std::size_t marker = 0;         // shape of its points (chart_marker.h)
    bool connected = true;          // by a line
    double shift = 0;               // pixels to the right, so that points of one place do not hide each other
};

struct LineChart {
    std::string title;
    std::string x_title, y_title;  // with their units
    ScaleKind x_kind = ScaleKind::linear;
    std::vector<double> x_ticks;  // empty: round numbers
    std::vector<LegendKey> legend;
    std::vector<LineSeries> series;
    // Linear begins at 0; a logarithmic axis holds all points, and of their error bars what lies within a factor of 2.
    ScaleKind y_kind = ScaleKind::linear;
    struct Reference {
        double y = 0;
        std::string label;
    };
    std::optional<Reference> reference = {};  // a dashed line across, which the y axis always has room for
    std::string values = {};                  // the points in words, for whoever does not see the picture
};

// Points far above nearly all others are drawn at the upper edge, and a line under the chart counts them. `width` in
// pixels.
std::string draw_lines(const LineChart& chart, double width);

// The top of the y axis: the largest value, unless a few stand far above the rest.
double visible_top(std::vector<double> values);

}  // namespace tandem::report
