#include "app/studio/results/metric_chart_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "app/report/metric_format.h"
#include "app/report/number_format.h"

namespace tandem::studio {
namespace {

using report::Dimension;
using report::ResultRow;

constexpr std::size_t max_series = 7;  // colours that stay apart

std::optional<double> as_number(const std::string& text) {
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

const MetricSummary* usable(const TrialRow& trial, const std::string& metric) {
    const auto found = trial.metrics.find(metric);
    const bool good = found != trial.metrics.end() && found->second.mean && std::isfinite(*found->second.mean);
    return good ? &found->second : nullptr;
}

// Dimensions that vary and do not follow from those kept before.
std::vector<Dimension> free_dimensions(const std::vector<ResultRow>& rows, std::vector<Dimension> all) {
    std::vector<Dimension> kept;
    const auto values = [&](const ResultRow& row) {
        std::vector<std::string> list;
        for (const Dimension& dimension : kept) {
            list.push_back(report::dimension_value(row, dimension.key));
        }
        return list;
    };
    for (Dimension& dimension : all) {
        if (!dimension.varies) {
            continue;
        }
        std::map<std::vector<std::string>, std::string> seen;
        const bool follows = std::all_of(rows.begin(), rows.end(), [&](const ResultRow& row) {
            const std::string value = report::dimension_value(row, dimension.key);
            return seen.try_emplace(values(row), value).first->second == value;
        });
        if (!follows) {
            kept.push_back(std::move(dimension));
        }
    }
    return kept;
}

std::set<std::string> distinct(const std::vector<ResultRow>& rows, const std::string& key) {
    std::set<std::string> values;
    for (const ResultRow& row : rows) {
        values.insert(report::dimension_value(row, key));
    }
    values.erase(std::string());
    return values;
}

bool all_numbers(const std::set<std::string>& values) {
    return !values.empty() &&
           std::all_of(values.begin(), values.end(), [](const auto& v) { return as_number(v).has_value(); });
}

// Numbers run along x best; among them the one with most values.
std::size_t choose_x(const std::vector<ResultRow>& rows, const std::vector<Dimension>& dimensions) {
    std::size_t best = 0;
    std::size_t best_score = 0;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        const std::set<std::string> values = distinct(rows, dimensions[i].key);
        const std::size_t score = values.size() + (all_numbers(values) ? 1000 : 0);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

std::string point_tooltip(const std::string& label, const MetricSummary& metric, const report::Unit& unit) {
    std::string text = label + "\n" + report::format_metric(metric, unit) + " " + unit.name;
    if (metric.ci95_low && metric.ci95_high) {
        text += "\n95 % of " + std::to_string(metric.n) + " samples";
    }
    return text;
}

class Builder {
public:
    Builder(const std::vector<ResultRow>& rows, const std::string& metric, MetricChartData& out)
        : rows_(rows), metric_(metric), out_(out), labels_(report::row_labels(rows)) {
        double largest = 0;
        for (const ResultRow& row : rows) {
            largest = std::max(largest, std::abs(*usable(row.trial, metric)->mean));
        }
        unit_ = report::choose_unit(report::metric_info(metric).quantity, largest);
        out_.unit = unit_.name;
    }

    void build() {
        const std::vector<Dimension> dimensions = free_dimensions(rows_, report::dimensions(rows_));
        if (dimensions.empty() || !build_grid(dimensions)) {
            build_flat();
        }
    }

private:
    // False where there would be more series than colours.
    bool build_grid(const std::vector<Dimension>& dimensions) {
        const std::size_t x = choose_x(rows_, dimensions);
        std::vector<std::string> names;
        for (const ResultRow& row : rows_) {
            std::string name;
            for (std::size_t i = 0; i < dimensions.size(); ++i) {
                const std::string value = report::dimension_value(row, dimensions[i].key);
                if (i == x || value.empty()) {
                    continue;
                }
                name += (name.empty() ? "" : ", ") + (as_number(value) ? dimensions[i].heading + " " + value : value);
            }
            names.push_back(std::move(name));
        }
        if (std::set<std::string>(names.begin(), names.end()).size() > max_series) {
            return false;
        }
        out_.x_title = dimensions[x].heading;
        std::vector<std::string> categories;
        std::vector<std::string> of_row;
        for (const ResultRow& row : rows_) {
            const std::string value = report::dimension_value(row, dimensions[x].key);
            of_row.push_back(value.empty() ? row.trial.workload : value);
            if (std::find(categories.begin(), categories.end(), of_row.back()) == categories.end()) {
                categories.push_back(of_row.back());
            }
        }
        const auto number_first = [](const std::string& a, const std::string& b) {
            const auto x_a = as_number(a);
            const auto x_b = as_number(b);
            return x_a && x_b ? *x_a < *x_b : x_a.has_value() && !x_b;
        };
        std::stable_sort(categories.begin(), categories.end(), number_first);
        out_.numeric = all_numbers({categories.begin(), categories.end()});
        out_.categories = categories;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto place = std::find(categories.begin(), categories.end(), of_row[i]) - categories.begin();
            add_point(names[i], static_cast<int>(place), i);
        }
        for (MetricSeries& series : out_.series) {
            std::stable_sort(series.points.begin(), series.points.end(),
                             [](const MetricPoint& a, const MetricPoint& b) { return a.category < b.category; });
        }
        return true;
    }

    void build_flat() {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            out_.categories.push_back(labels_[i]);
            add_point({}, static_cast<int>(i), i);
        }
    }

    void add_point(const std::string& name, int category, std::size_t i) {
        auto series = std::find_if(out_.series.begin(), out_.series.end(),
                                   [&](const MetricSeries& other) { return other.name == name; });
        if (series == out_.series.end()) {
            series = out_.series.insert(out_.series.end(), MetricSeries{name, {}});
        }
        const MetricSummary& metric = *usable(rows_[i].trial, metric_);
        MetricPoint point{.category = category,
                          .value = *metric.mean / unit_.divisor,
                          .low = {},
                          .high = {},
                          .tooltip = point_tooltip(labels_[i], metric, unit_)};
        if (metric.ci95_low && metric.ci95_high && std::isfinite(*metric.ci95_low) &&
            std::isfinite(*metric.ci95_high)) {
            point.low = *metric.ci95_low / unit_.divisor;
            point.high = *metric.ci95_high / unit_.divisor;
        }
        series->points.push_back(std::move(point));
    }

    const std::vector<ResultRow>& rows_;
    const std::string& metric_;
    MetricChartData& out_;
    std::vector<std::string> labels_;
    report::Unit unit_;
};

}  // namespace

double MetricChartData::top() const {
    double top = 0;
    for (const MetricSeries& one : series) {
        for (const MetricPoint& point : one.points) {
            top = std::max({top, point.value, point.high.value_or(point.value)});
        }
    }
    return top;
}

MetricChartData make_metric_chart(const std::vector<TrialRow>& trials, const std::string& metric) {
    MetricChartData data;
    data.title = report::metric_info(metric).label;
    std::vector<TrialRow> with;
    for (const TrialRow& trial : trials) {
        if (usable(trial, metric)) {
            with.push_back(trial);
        } else if (trial.state == "done" || trial.state == "failed") {
            ++data.without;
        }
    }
    if (with.empty()) {
        return data;
    }
    std::vector<ResultRow> rows = report::result_rows(with, report::Seeds::merged);
    std::erase_if(rows, [&](const ResultRow& row) { return !usable(row.trial, metric); });
    if (!rows.empty()) {
        Builder(rows, metric, data).build();
    }
    return data;
}

std::vector<std::string> chartable_metrics(const std::vector<TrialRow>& trials) {
    std::set<std::string> names;
    for (const TrialRow& trial : trials) {
        for (const auto& [name, metric] : trial.metrics) {
            if (usable(trial, name)) {
                names.insert(name);
            }
        }
    }
    std::vector<std::string> ordered(names.begin(), names.end());
    std::stable_sort(ordered.begin(), ordered.end(), [](const std::string& a, const std::string& b) {
        return report::metric_rank(a) < report::metric_rank(b);
    });
    return ordered;
}

}  // namespace tandem::studio
