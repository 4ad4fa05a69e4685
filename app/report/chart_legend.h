// The legend above a chart: coloured keys that flow over as many lines as the width needs. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "app/report/chart_svg.h"

namespace tandem::report {

// Series of one colour share an index; 0..colours - 1, beyond that they repeat with another dash pattern.
inline constexpr std::size_t colours = 8;

std::string colour_class(std::size_t index);  // "c0".."c7", with " d1" and on for the second round
struct LegendKey {
    std::string label;
    std::string style;                       // class of its mark
    std::optional<std::size_t> marker = {};  // shape on its line (chart_marker.h)
};

inline constexpr double legend_line = 20;

// Pixels of height that draw_legend() takes: 0 for a single key or none, which needs no legend.
double legend_height(const std::vector<LegendKey>& keys, double width);

enum class LegendMark { square, line };
void draw_legend(Svg& svg, const std::vector<LegendKey>& keys, double x, double y, double width, LegendMark mark);

}  // namespace tandem::report
