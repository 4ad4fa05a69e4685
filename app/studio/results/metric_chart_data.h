// One metric over the settings that vary, ready to draw: categories along x, series by what else varies, means with
// 95 % intervals. Trials without the metric are counted, never drawn as zero. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/report/result_rows.h"

namespace tandem::studio {

struct MetricPoint {
    int category = 0;
    double value = 0;  // in the chart's unit
    std::optional<double> low, high;
    std::string tooltip;
};

struct MetricSeries {
    std::string name;
    std::vector<MetricPoint> points;  // ascending category
};

struct MetricChartData {
    std::string title;  // "Decode rate"
    std::string unit;
    std::string x_title;
    std::vector<std::string> categories;
    bool numeric = false;  // categories are numbers in order: points may be joined
    std::vector<MetricSeries> series;
    int without = 0;  // finished trials without a usable value
    bool empty() const { return series.empty(); }
    double top() const;  // of the highest point or interval
};

MetricChartData make_metric_chart(const std::vector<TrialRow>& trials, const std::string& metric);

// Metrics that at least one trial has, in the order of columns.
std::vector<std::string> chartable_metrics(const std::vector<TrialRow>& trials);

}  // namespace tandem::studio
