#include "app/report/chart_marker.h"

#include <array>
#include <string_view>
#include <utility>

namespace tandem::report {
namespace {

// Corners in pixels from the middle; all of about the same area.
using Corner = std::pair<double, double>;
constexpr std::array<Corner, 4> square{{{-3.4, -3.4}, {3.4, -3.4}, {3.4, 3.4}, {-3.4, 3.4}}};
constexpr std::array<Corner, 4> diamond{{{0, -4.8}, {4.8, 0}, {0, 4.8}, {-4.8, 0}}};
constexpr std::array<Corner, 3> triangle{{{0, -4.8}, {4.6, 3.4}, {-4.6, 3.4}}};
constexpr std::array<Corner, 3> inverted{{{0, 4.8}, {4.6, -3.4}, {-4.6, -3.4}}};
constexpr std::array<Corner, 12> cross{{{-1.5, -4.5},
                                        {1.5, -4.5},
                                        {1.5, -1.5},
                                        {4.5, -1.5},
                                        {4.5, 1.5},
                                        {1.5, 1.5},
                                        {1.5, 4.5},
                                        {-1.5, 4.5},
                                        {-1.5, 1.5},
                                        {-4.5, 1.5},
                                        {-4.5, -1.5},
                                        {-1.5, -1.5}}};

template <std::size_t N>
std::string outline(const std::array<Corner, N>& corners, double x, double y) {
    std::string data;
    for (const auto& [across, down] : corners) {
        data += (data.empty() ? "M" : "L") + pixels(x + across) + " " + pixels(y + down);
    }
    return data + "Z";
}

}  // namespace

void draw_marker(Svg& svg, std::size_t shape, double x, double y, const std::string& colour) {
    constexpr double radius = 3.8;
    const std::string style = "dot " + colour;
    switch (shape % 6) {
        case 0:
            return svg.circle(x, y, radius, style);
        case 1:
            return svg.path(outline(square, x, y), style);
        case 2:
            return svg.path(outline(diamond, x, y), style);
        case 3:
            return svg.path(outline(triangle, x, y), style);
        case 4:
            return svg.path(outline(inverted, x, y), style);
        default:
            return svg.path(outline(cross, x, y), style);
    }
}

}  // namespace tandem::report
