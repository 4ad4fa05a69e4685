#include "app/report/chart_bars.h"

#include <algorithm>
#include <cmath>

#include "app/report/chart_scale.h"

namespace tandem::report {
namespace {

constexpr double font = 12;
constexpr double narrow = 520;
constexpr double axis_height = 42;
constexpr double edge = 8;

class BarDrawing {
public:
    BarDrawing(const BarChart& chart, double width)
        : chart_(chart), width_(width), above_(width < narrow), scale_(ScaleKind::linear, 0, 1, 0, 1) {
        double label_width = 0;
        double value_width = 0;
        double largest = 0;
        for (const Bar& bar : chart.bars) {
            label_width = std::max(label_width, text_width(bar.label, font));
            value_width = std::max(value_width, text_width(bar.value_text, font));
            largest = std::max({largest, bar.value, bar.high.value_or(0)});
        }
        left_ = above_ ? edge : edge + std::min(label_width, width * 0.36) + 10;
        right_ = width - edge - std::min(value_width, width * 0.3) - 10;
        row_ = above_ ? 46 : chart.bars.size() > 24 ? 20 : 26;
        bar_ = above_ ? 14 : row_ * 0.62;
        top_ = legend_height(chart.legend, width - 2 * edge) + 4;
        bottom_ = top_ + row_ * static_cast<double>(chart.bars.size());
        const RoundRange range = round_range(0, largest > 0 ? largest : 1, above_ ? 3 : 6);
        scale_ = Scale(ScaleKind::linear, 0, range.high, left_, right_);
    }

    std::string draw() {
        Svg svg(width_, bottom_ + axis_height, chart_.title,
                chart_.title + ": bars for " + std::to_string(chart_.bars.size()) + " rows; " + chart_.axis_title);
        draw_legend(svg, chart_.legend, edge, 0, width_ - 2 * edge, LegendMark::square);
        draw_axis(svg);
        for (std::size_t i = 0; i < chart_.bars.size(); ++i) {
            draw_bar(svg, chart_.bars[i], top_ + row_ * static_cast<double>(i));
        }
        return svg.finish();
    }

private:
    void draw_axis(Svg& svg) const {
        for (const Tick& tick : round_ticks(scale_, above_ ? 3 : 6)) {
            const double x = scale_.pixel(tick.value);
            svg.line(x, top_, x, bottom_ + 4, tick.value == 0 ? "ax" : "gr");
            svg.text(x, bottom_ + 18, tick.label, "tk", Anchor::middle);
        }
        svg.text((left_ + right_) / 2, bottom_ + 36, chart_.axis_title, "at", Anchor::middle);
    }

    void draw_bar(Svg& svg, const Bar& bar, double y) const {
        const double top = above_ ? y + 24 : y + (row_ - bar_) / 2;
        const double middle = top + bar_ / 2;
        const double end = scale_.pixel(bar.value);
        svg.begin_group("row", bar.tooltip);
        if (above_) {
            svg.text(left_, y + 18, cut_to_pixels(bar.label, width_ - 2 * edge, font), "lb");
        } else {
            svg.text(left_ - 8, middle + 4, cut_to_pixels(bar.label, left_ - edge - 8, font), "lb", Anchor::end);
        }
        svg.rect(left_, top, end - left_, bar_, (bar.parts.empty() ? "bar " : "bar whole ") + colour_class(bar.colour));
        double part_begin = 0;
        for (const BarPart& part : bar.parts) {
            const double from = scale_.pixel(part_begin);
            part_begin += part.value;
            svg.rect(from, top + bar_ * 0.25, scale_.pixel(part_begin) - from, bar_ * 0.5,
                     "bar " + colour_class(part.colour));
        }
        double text_at = std::max(end, scale_.pixel(part_begin));
        if (bar.low && bar.high && *bar.high > *bar.low) {
            const double from = scale_.pixel(*bar.low);
            const double to = scale_.pixel(*bar.high);
            svg.line(from, middle, to, middle, "er");
            for (const double x : {from, to}) {
                svg.line(x, middle - bar_ / 4, x, middle + bar_ / 4, "er");
            }
            text_at = std::max(text_at, to);
        }
        svg.text(text_at + 7, middle + 4, bar.value_text, "vl");
        svg.end_group();
    }

    const BarChart& chart_;
    double width_;
    bool above_;
    double left_ = 0, right_ = 0, row_ = 0, bar_ = 0, top_ = 0, bottom_ = 0;
    Scale scale_;
};

}  // namespace

std::string draw_bars(const BarChart& chart, double width) {
    return BarDrawing(chart, width).draw();
}

}  // namespace tandem::report
