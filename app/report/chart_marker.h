// Shapes of points, so that series are told apart without colour. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <string>

#include "app/report/chart_svg.h"

namespace tandem::report {

// Disc, square, diamond, triangle, triangle upside down, cross; then they repeat. Around (x, y); `colour` is a class.
void draw_marker(Svg& svg, std::size_t shape, double x, double y, const std::string& colour);

}  // namespace tandem::report
