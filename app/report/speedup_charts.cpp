#include "app/report/speedup_charts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "app/report/chart_lines.h"
#include "app/report/number_format.h"
#include "app/report/speedup_table.h"

namespace tandem::report {
namespace {

constexpr std::size_t most_curves = 16;
constexpr double logarithmic_from = 4;  // largest / smallest
constexpr const char* as_fast = "1×: as fast as the baseline";
constexpr const char* error_bars = " Above the line at 1× it is faster; error bars: 95 % interval of the ratio.";

struct Point {
    double tokens = 0;
    std::optional<double> size_ratio;
    const MetricSummary* speedup = nullptr;
    std::string who;  // the pairing, and what else tells it from the others of its workload besides the length
};

// The last word of the path says what it is where the value does not.
std::string spelled(const Dimension& dimension, const std::string& value) {
    const bool number = !value.empty() && value.find_first_not_of("0123456789.+-eE") == std::string::npos;
    return number ? dimension.heading + " " + value : value;
}

std::string label_of(const ResultRow& row, const std::vector<Dimension>& dimensions) {
    std::string label = row.trial.pairing;
    for (const Dimension& dimension : dimensions) {
        const bool said = dimension.key == "pairing" || dimension.key == "model" || dimension.key == "workload" ||
                          dimension.key == "experiment" || dimension.key.ends_with(".new_tokens");
        const std::string value = dimension_value(row, dimension.key);
        if (dimension.varies && !said && !value.empty()) {
            label += ", " + spelled(dimension, value);
        }
    }
    return label;
}

using Panels = std::vector<std::pair<std::string, std::vector<Point>>>;  // by workload, in order

Panels panels_of(const std::vector<ResultRow>& rows) {
    std::map<std::string, std::vector<ResultRow>> of_workload;
    std::vector<std::string> order;
    for (const ResultRow& row : rows) {
        auto& found = of_workload[row.trial.workload];
        if (found.empty()) {
            order.push_back(row.trial.workload);
        }
        found.push_back(row);
    }
    Panels panels;
    for (const std::string& workload : order) {
        const std::vector<Dimension> all = dimensions(of_workload[workload]);
        std::vector<Point> points;
        for (const ResultRow& row : rows) {
            const auto speedup = row.trial.metrics.find("speedup");
            if (row.trial.workload != workload || speedup == row.trial.metrics.end() || !speedup->second.mean ||
                !row.trial.new_tokens) {
                continue;
            }
            const auto size = row.trial.metrics.find("size_ratio");
            points.push_back({.tokens = static_cast<double>(*row.trial.new_tokens),
                              .size_ratio = size == row.trial.metrics.end() ? std::nullopt : size->second.mean,
                              .speedup = &speedup->second,
                              .who = label_of(row, all)});
        }
        panels.emplace_back(workload, std::move(points));
    }
    return panels;
}

ScaleKind kind_for(double low, double high) {
    return low > 0 && high / low >= logarithmic_from ? ScaleKind::logarithmic : ScaleKind::linear;
}

std::string short_number(double value) {
    const bool whole = value == std::floor(value);
    return fixed(value, whole ? 0 : value < 10 ? 1 : 0);
}

// A tick that says 12.2 for a ratio of 12.19 stands where nobody sees the difference; whole numbers stay.
double three_digits(double value) {
    if (value == std::floor(value) || !(value > 0)) {
        return value;
    }
    const double digit = std::pow(10, std::floor(std::log10(value)) - 2);
    return std::round(value / digit) * digit;
}

LinePoint drawn(double x, const Point& point) {
    return {.x = x,
            .y = *point.speedup->mean,
            .low = point.speedup->ci95_low,
            .high = point.speedup->ci95_high,
            .tooltip = point.who + ", " + short_number(point.tokens) + " new tokens" +
                       (point.size_ratio ? ", size ratio " + short_number(*point.size_ratio) : "") + "\n" +
                       ratio_text(point.speedup) + " × as fast (n = " + std::to_string(point.speedup->n) + ")"};
}

// What both charts share: scales, the line at 1, and the points in words.
ReportChart finished(LineChart chart, std::string explanation) {
    double low = 1, high = 1, left = 0, right = 0;
    for (const LineSeries& series : chart.series) {
        std::string words;
        for (const LinePoint& point : series.points) {
            low = std::min(low, point.y);
            high = std::max(high, point.y);
            left = left == 0 ? point.x : std::min(left, point.x);
            right = std::max(right, point.x);
            words += (words.empty() ? "" : ", ") + fixed(point.y, 2) + " at " + short_number(point.x);
            chart.x_ticks.push_back(three_digits(point.x));
        }
        chart.values += (chart.values.empty() ? "" : "; ") + series.label + ": " + words;
        chart.legend.push_back({series.label, colour_class(series.colour), series.marker});
    }
    chart.y_title = "Speed-up (×)";
    chart.x_kind = kind_for(left, right);
    chart.y_kind = kind_for(low, high);
    chart.reference = {1, as_fast};
    return {.title = chart.title,
            .explanation = std::move(explanation),
            .wide = draw_lines(chart, wide_chart),
            .narrow = draw_lines(chart, narrow_chart)};
}

void by_x(LineSeries& series) {
    std::stable_sort(series.points.begin(), series.points.end(),
                     [](const LinePoint& a, const LinePoint& b) { return a.x < b.x; });
}

void add_by_length(std::vector<ReportChart>& charts, const std::string& workload, const std::vector<Point>& points,
                   std::map<std::string, std::size_t>& colour_of) {
    LineChart chart{.title = "Speed-up by output length: " + workload,
                    .x_title = "New tokens",
                    .y_title = {},
                    .legend = {},
                    .series = {}};
    std::set<double> lengths;
    std::set<std::string> all;
    for (const Point& point : points) {
        lengths.insert(point.tokens);
        all.insert(point.who);
        auto series = std::find_if(chart.series.begin(), chart.series.end(),
                                   [&](const LineSeries& other) { return other.label == point.who; });
        if (series == chart.series.end()) {
            if (chart.series.size() == most_curves) {
                continue;
            }
            const std::size_t colour = colour_of.try_emplace(point.who, colour_of.size()).first->second;
            series = chart.series.insert(chart.series.end(),
                                         {.label = point.who, .colour = colour, .points = {}, .marker = colour});
        }
        series->points.push_back(drawn(point.tokens, point));
    }
    if (lengths.size() < 2) {
        return;
    }
    std::for_each(chart.series.begin(), chart.series.end(), by_x);
    const std::size_t shown = chart.series.size();
    charts.push_back(finished(
        std::move(chart),
        std::string("End-to-end time of the baseline over that of the pairing, for each number of tokens written.") +
            error_bars +
            (shown < all.size()
                 ? " The first " + std::to_string(shown) + " of " + std::to_string(all.size()) + " pairings are shown."
                 : "")));
}

void add_by_size(std::vector<ReportChart>& charts, const std::string& workload, const std::vector<Point>& points) {
    LineChart chart{.title = "Speed-up by size ratio: " + workload,
                    .x_title = "Parameters of the large model / of the small one",
                    .y_title = {},
                    .legend = {},
                    .series = {}};
    std::map<double, std::vector<const Point*>> of_length;
    std::map<double, std::set<std::string>> ratios;
    for (const Point& point : points) {
        if (point.size_ratio) {
            of_length[point.tokens].push_back(&point);
            ratios[*point.size_ratio].insert(point.who);
        }
    }
    if (ratios.size() < 2 || of_length.size() > most_curves) {
        return;
    }
    const bool apart = std::all_of(ratios.begin(), ratios.end(), [](const auto& r) { return r.second.size() == 1; });
    constexpr double between = 7;  // pixels from one length to the next
    for (const auto& [tokens, of] : of_length) {
        const std::size_t colour = chart.series.size();
        const double middle = static_cast<double>(of_length.size() - 1) / 2;
        LineSeries series{.label = short_number(tokens) + " new tokens",
                          .colour = colour,
                          .points = {},
                          .marker = colour,
                          .connected = apart,
                          .shift = between * (static_cast<double>(colour) - middle)};
        for (const Point* point : of) {
            series.points.push_back(drawn(*point->size_ratio, *point));
        }
        by_x(series);
        chart.series.push_back(std::move(series));
    }
    std::string who;
    for (const auto& [ratio, names] : ratios) {
        std::string list;
        for (const std::string& name : names) {
            list += (list.empty() ? "" : ", ") + name;
        }
        who += (who.empty() ? "" : "; ") + short_number(ratio) + "×: " + list;
    }
    charts.push_back(finished(
        std::move(chart), "The same speed-up against how much larger the large model is. " + who + "." + error_bars));
}

}  // namespace

std::vector<ReportChart> speedup_charts(const std::vector<ResultRow>& rows) {
    std::vector<ReportChart> charts;
    std::map<std::string, std::size_t> colour_of;  // a pairing has one colour in all charts
    const std::vector<ResultRow> compared = compared_rows(rows);
    const Panels panels = panels_of(compared);
    for (const auto& [workload, points] : panels) {
        add_by_length(charts, workload, points, colour_of);
    }
    for (const auto& [workload, points] : panels) {
        add_by_size(charts, workload, points);
    }
    return charts;
}

}  // namespace tandem::report
