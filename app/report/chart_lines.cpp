#include "app/report/chart_lines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "app/report/chart_marker.h"

namespace tandem::report {
namespace {

constexpr double font = 12;
constexpr double narrow = 520;
constexpr double edge = 8;
constexpr double below = 46;
constexpr std::size_t crowd = 12;  // from so many series on, lines are thin and see-through

class LineDrawing {
public:
    LineDrawing(const LineChart& chart, double width)
        : chart_(chart),
          width_(width),
          x_(ScaleKind::linear, 0, 1, 0, 1),
          y_(ScaleKind::linear, 0, 1, 0, 1),
          limit_(std::numeric_limits<double>::infinity()) {
        double x_low = std::numeric_limits<double>::infinity();
        double x_high = -x_low;
        std::vector<double> tops;
        for (const LineSeries& series : chart.series) {
            for (const LinePoint& point : series.points) {
                x_low = std::min(x_low, point.x);
                x_high = std::max(x_high, point.x);
                tops.push_back(point.high.value_or(point.y));
            }
        }
        const auto [low, high] = y_range(tops);
        limit_ = high;
        for (const Tick& tick : round_ticks(Scale(chart.y_kind, low, high, 0, 1), 5)) {
            left_ = std::max(left_, text_width(tick.label, font));
        }
        left_ += edge + 30;
        right_ = width - edge - 14;
        top_ = legend_height(chart.legend, width - 2 * edge) + 10;
        bottom_ = top_ + (width < narrow ? 220 : 280);
        x_ = Scale(chart.x_kind, x_low, x_high, left_, right_);
        y_ = Scale(chart.y_kind, low, high, bottom_, top_);
    }

    std::string draw() {
        std::size_t above = 0;
        for (const LineSeries& series : chart_.series) {
            above += static_cast<std::size_t>(std::count_if(series.points.begin(), series.points.end(),
                                                            [&](const LinePoint& p) { return p.y > limit_; }));
        }
        const double note = above > 0 ? 18 : 0;
        Svg svg(width_, bottom_ + below + note, chart_.title,
                chart_.title + ": " + std::to_string(chart_.series.size()) + " curves; across: " + chart_.x_title +
                    "; up: " + chart_.y_title + (chart_.values.empty() ? "" : ". " + chart_.values));
        draw_legend(svg, chart_.legend, edge, 0, width_ - 2 * edge, LegendMark::line);
        draw_axes(svg);
        draw_reference(svg);
        for (const LineSeries& series : chart_.series) {
            draw_series(svg, series);
        }
        if (above > 0) {
            svg.text(left_, bottom_ + below + 8,
                     std::to_string(above) + (above == 1 ? " point lies" : " points lie") + " above the axis", "tk");
        }
        return svg.finish();
    }

private:
    std::pair<double, double> y_range(const std::vector<double>& tops) const {
        if (chart_.y_kind == ScaleKind::linear) {
            const double top = std::max(visible_top(tops), chart_.reference ? chart_.reference->y : 0);
            return {0, round_range(0, top > 0 ? top : 1, 5).high};
        }
        std::vector<double> values;
        for (const LineSeries& series : chart_.series) {
            for (const LinePoint& point : series.points) {
                values.push_back(point.y);
            }
        }
        if (chart_.reference) {
            values.push_back(chart_.reference->y);
        }
        if (values.empty()) {
            return {1, 10};
        }
        double low = *std::min_element(values.begin(), values.end());
        double high = *std::max_element(values.begin(), values.end());
        constexpr double most = 2;
        const double lowest = low / most;
        const double highest = high * most;
        for (const LineSeries& series : chart_.series) {
            for (const LinePoint& point : series.points) {
                low = std::min(low, std::max(point.low.value_or(point.y), lowest));
                high = std::max(high, std::min(point.high.value_or(point.y), highest));
            }
        }
        constexpr double room = 1.15;
        return {low / room, high * room};
    }

    void draw_reference(Svg& svg) const {
        if (chart_.reference) {
            const double y = y_.pixel(chart_.reference->y);
            svg.line(left_, y, right_, y, "ref");
            svg.text(right_, y - 5, chart_.reference->label, "tk", Anchor::end);
        }
    }

    void draw_axes(Svg& svg) const {
        for (const Tick& tick : round_ticks(y_, 5)) {
            const double y = y_.pixel(tick.value);
            svg.line(left_, y, right_, y, tick.value == 0 ? "ax" : "gr");
            svg.text(left_ - 7, y + 4, tick.label, "tk", Anchor::end);
        }
        std::vector<double> values = chart_.x_ticks;
        if (values.empty()) {
            for (const Tick& tick : round_ticks(x_, width_ < narrow ? 4 : 8)) {
                values.push_back(tick.value);
            }
        }
        for (const Tick& tick : ticks_at(x_, values, font)) {
            const double x = x_.pixel(tick.value);
            svg.line(x, bottom_, x, bottom_ + 4, "ax");
            svg.text(x, bottom_ + 18, tick.label, "tk", Anchor::middle);
        }
        svg.text((left_ + right_) / 2, bottom_ + 38, chart_.x_title, "at", Anchor::middle);
        svg.vertical_text(14, (top_ + bottom_) / 2, chart_.y_title, "at");
    }

    void draw_series(Svg& svg, const LineSeries& series) const {
        const std::string colour = colour_class(series.colour);
        svg.begin_group(chart_.series.size() >= crowd ? "row crowd" : "row", series.label);
        std::string data;
        for (const LinePoint& point : series.points) {
            data +=
                (data.empty() ? "M" : "L") + pixels(x_.pixel(point.x) + series.shift) + " " + pixels(y_.pixel(point.y));
        }
        if (series.points.size() > 1 && series.connected) {
            svg.path(data, "curve " + colour);
        }
        for (const LinePoint& point : series.points) {
            if (point.tooltip.empty() && series.points.size() > 1) {
                continue;
            }
            const double x = x_.pixel(point.x) + series.shift;
            svg.begin_group("point", point.tooltip.empty() ? series.label : point.tooltip);
            if (point.low && point.high) {
                const double low = y_.pixel(*point.low);
                const double high = y_.pixel(*point.high);
                svg.line(x, low, x, high, "er " + colour);
                for (const double y : {low, high}) {
                    svg.line(x - 4, y, x + 4, y, "er " + colour);
                }
            }
            draw_marker(svg, series.marker, x, y_.pixel(point.y), colour);
            svg.end_group();
        }
        svg.end_group();
    }

    const LineChart& chart_;
    double width_;
    double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
    Scale x_, y_;
    double limit_;
};

}  // namespace

double visible_top(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    constexpr double most = 0.98;
    constexpr double far = 3;
    const double usual = values[static_cast<std::size_t>(most * static_cast<double>(values.size() - 1))];
    return values.size() >= 20 && values.back() > far * usual ? usual * 1.25 : values.back();
}

std::string draw_lines(const LineChart& chart, double width) {
    return LineDrawing(chart, width).draw();
}

}  // namespace tandem::report
