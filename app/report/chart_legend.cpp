#include "app/report/chart_legend.h"

#include <algorithm>

#include "app/report/chart_marker.h"

namespace tandem::report {
namespace {

constexpr double font = 12;
constexpr double mark_width = 14;
constexpr double mark_gap = 6;
constexpr double key_gap = 18;

struct Place {
    double x, y;
};

std::vector<Place> places(const std::vector<LegendKey>& keys, double width) {
    std::vector<Place> found;
    Place at{0, 0};
    for (const LegendKey& key : keys) {
        const double needed = mark_width + mark_gap + std::min(text_width(key.label, font), width);
        if (at.x > 0 && at.x + needed > width) {
            at = {0, at.y + legend_line};
        }
        found.push_back(at);
        at.x += needed + key_gap;
    }
    return found;
}

}  // namespace

std::string colour_class(std::size_t index) {
    const std::size_t round = index / colours;
    return "c" + std::to_string(index % colours) +
           (round == 0 ? std::string() : " d" + std::to_string(std::min<std::size_t>(round, 3)));
}

double legend_height(const std::vector<LegendKey>& keys, double width) {
    return keys.size() < 2 ? 0 : places(keys, width).back().y + legend_line + 6;
}

void draw_legend(Svg& svg, const std::vector<LegendKey>& keys, double x, double y, double width, LegendMark mark) {
    if (keys.size() < 2) {
        return;
    }
    const std::vector<Place> at = places(keys, width);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const double left = x + at[i].x;
        const double middle = y + at[i].y + legend_line / 2;
        if (mark == LegendMark::square) {
            svg.rect(left + 1, middle - 5, 10, 10, "bar " + keys[i].style);
        } else {
            svg.line(left, middle, left + mark_width, middle, "curve " + keys[i].style);
            if (keys[i].marker) {
                draw_marker(svg, *keys[i].marker, left + mark_width / 2, middle, keys[i].style);
            }
        }
        svg.text(left + mark_width + mark_gap, middle + 4, cut_to_pixels(keys[i].label, width - mark_width, font),
                 "lb");
    }
}

}  // namespace tandem::report
