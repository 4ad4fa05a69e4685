#include "app/report/report_charts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "app/report/chart_bars.h"
#include "app/report/chart_choice.h"
#include "app/report/chart_lines.h"
#include "app/report/metric_format.h"
#include "app/report/number_format.h"

namespace tandem::report {
namespace {

constexpr double wide = wide_chart;
constexpr double narrow = narrow_chart;
constexpr std::size_t most_bars = 120;
constexpr std::size_t most_legend_curves = 8;

const MetricSummary* metric_of(const ResultRow& row, const std::string& name) {
    const auto found = row.trial.metrics.find(name);
    return found != row.trial.metrics.end() && found->second.mean && std::isfinite(*found->second.mean) ? &found->second
                                                                                                        : nullptr;
}

std::vector<ResultRow> rows_with(const std::vector<ResultRow>& rows, const std::string& metric) {
    std::vector<ResultRow> kept;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept),
                 [&](const ResultRow& row) { return metric_of(row, metric) != nullptr; });
    return kept;
}

Unit unit_for(const std::vector<ResultRow>& rows, const MetricInfo& info) {
    double largest = 0;
    for (const ResultRow& row : rows) {
        largest = std::max(largest, std::abs(*metric_of(row, info.name)->mean));
    }
    return choose_unit(info.quantity, largest);
}

std::optional<double> divided(std::optional<double> value, double divisor) {
    return value ? std::optional(*value / divisor) : std::nullopt;
}

std::string tooltip_of(const std::string& label, const MetricSummary& metric, const Unit& unit) {
    return label + "\n" + format_metric(metric, unit) + " " + unit.name +
           (half_width(metric) ? " (mean ± half of the 95 % CI, n = " + std::to_string(metric.n) + ")"
                               : " (n = " + std::to_string(metric.n) + ")");
}

std::string with_unit(const std::string& name, const std::string& unit) {
    return unit.empty() ? name : name + " (" + unit + ")";
}

std::string shortened(std::size_t shown, std::size_t all) {
    return shown == all ? std::string()
                        : " The first " + std::to_string(shown) + " of " + std::to_string(all) + " rows are shown.";
}

ReportChart curves_chart(const std::vector<ResultRow>& rows, const MetricInfo& info, const CurveLayout& layout) {
    const Unit unit = unit_for(rows, info);
    LineChart chart{.title = info.label + " by " + layout.heading,
                    .x_title = with_unit(layout.heading, setting_unit(layout.setting)),
                    .y_title = with_unit(info.label, unit.name),
                    .x_kind = layout.logarithmic ? ScaleKind::logarithmic : ScaleKind::linear,
                    .x_ticks = layout.values,
                    .legend = {},
                    .series = {}};
    for (std::size_t c = 0; c < layout.curves.size(); ++c) {
        const auto& curve = layout.curves[c];
        LineSeries series{.label = curve.label, .colour = c, .points = {}};
        for (const std::size_t r : curve.rows) {
            const MetricSummary& metric = *metric_of(rows[r], info.name);
            const std::string x = dimension_value(rows[r], layout.setting);
            series.points.push_back(
                {.x = number_of(x).value_or(0),
                 .y = *metric.mean / unit.divisor,
                 .low = divided(metric.ci95_low, unit.divisor),
                 .high = divided(metric.ci95_high, unit.divisor),
                 .tooltip = tooltip_of(curve.label + ", " + layout.heading + " " + x, metric, unit)});
        }
        chart.legend.push_back({curve.label, colour_class(c)});
        chart.series.push_back(std::move(series));
    }
    return {.title = chart.title,
            .explanation = info.definition + " Error bars: 95 % confidence interval of the mean.",
            .wide = draw_lines(chart, wide),
            .narrow = draw_lines(chart, narrow)};
}

ReportChart bars_chart(const std::vector<ResultRow>& rows, const MetricInfo& info) {
    const Unit unit = unit_for(rows, info);
    const std::vector<std::string> labels = row_labels(rows);
    const Colouring colouring = colour_rows(rows);
    BarChart chart{
        .title = info.label, .axis_title = with_unit(info.label, unit.name), .legend = colouring.legend, .bars = {}};
    for (std::size_t i = 0; i < std::min(rows.size(), most_bars); ++i) {
        const MetricSummary& metric = *metric_of(rows[i], info.name);
        chart.bars.push_back({.label = labels[i],
                              .value = *metric.mean / unit.divisor,
                              .low = divided(metric.ci95_low, unit.divisor),
                              .high = divided(metric.ci95_high, unit.divisor),
                              .value_text = format_metric(metric, unit),
                              .tooltip = tooltip_of(labels[i], metric, unit),
                              .colour = colouring.of_row[i],
                              .parts = {}});
    }
    return {.title = chart.title,
            .explanation = info.definition + " Error bars: 95 % confidence interval of the mean." +
                           shortened(chart.bars.size(), rows.size()),
            .wide = draw_bars(chart, wide),
            .narrow = draw_bars(chart, narrow)};
}

void add_metric_chart(std::vector<ReportChart>& charts, const std::vector<ResultRow>& all, const std::string& metric) {
    const std::vector<ResultRow> rows = rows_with(all, metric);
    if (rows.empty()) {
        return;
    }
    const auto layout = curve_layout(rows);
    charts.push_back(layout ? curves_chart(rows, metric_info(metric), *layout) : bars_chart(rows, metric_info(metric)));
}

void add_memory_chart(std::vector<ReportChart>& charts, const std::vector<ResultRow>& all) {
    const std::vector<ResultRow> rows = rows_with(all, "peak_rss_bytes");
    if (rows.empty()) {
        return;
    }
    const Unit unit = unit_for(rows, metric_info("peak_rss_bytes"));
    const std::vector<std::string> labels = row_labels(rows);
    BarChart chart{
        .title = "Memory",
        .axis_title = with_unit("Resident memory", unit.name),
        .legend = {{"peak resident memory", "whole c0"}, {"weights", colour_class(0)}, {"KV cache", colour_class(1)}},
        .bars = {}};
    for (std::size_t i = 0; i < std::min(rows.size(), most_bars); ++i) {
        const MetricSummary& peak = *metric_of(rows[i], "peak_rss_bytes");
        Bar bar{.label = labels[i],
                .value = *peak.mean / unit.divisor,
                .low = divided(peak.ci95_low, unit.divisor),
                .high = divided(peak.ci95_high, unit.divisor),
                .value_text = format_metric(peak, unit),
                .tooltip = tooltip_of(labels[i] + ": peak", peak, unit),
                .colour = 0,
                .parts = {}};
        for (const auto& [name, colour] : {std::pair{"weights_bytes", 0}, std::pair{"kv_cache_bytes", 1}}) {
            if (const MetricSummary* part = metric_of(rows[i], name)) {
                bar.parts.push_back({*part->mean / unit.divisor, static_cast<std::size_t>(colour)});
                bar.tooltip += "\n" + metric_info(name).label + ": " + format_value(*part->mean, Quantity::bytes);
            }
        }
        chart.bars.push_back(std::move(bar));
    }
    charts.push_back({.title = chart.title,
                      .explanation = "The worker's peak resident memory; inside it what the weights and the KV cache "
                                     "account for. The rest is the program, its libraries and working space." +
                                     shortened(chart.bars.size(), rows.size()),
                      .wide = draw_bars(chart, wide),
                      .narrow = draw_bars(chart, narrow)});
}

void add_token_chart(std::vector<ReportChart>& charts, const ReportData& data) {
    std::vector<TrialRow> trials;
    std::vector<const ReportTrial*> details;
    for (const bool benchmarks : {true, false}) {
        for (const ReportTrial& trial : data.details) {
            if (trial.detail.row.state == "done" && trial.token_gaps.size() > 1 &&
                (trial.detail.row.kind == "benchmark") == benchmarks) {
                trials.push_back(trial.detail.row);
                details.push_back(&trial);
            }
        }
        if (!trials.empty()) {
            break;
        }
    }
    if (trials.empty()) {
        return;
    }
    const std::vector<ResultRow> rows = result_rows(trials, Seeds::apart);
    const std::vector<std::string> labels = row_labels(rows);
    const bool few = rows.size() <= most_legend_curves;
    const Colouring colouring = colour_rows(rows);
    LineChart chart{.title = "Time per token along the sequence",
                    .x_title = "Position in the output (tokens)",
                    .y_title = "Time since the token before (ms)",
                    .legend = few ? std::vector<LegendKey>{} : colouring.legend,
                    .series = {}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        LineSeries series{.label = labels[i], .colour = few ? i : colouring.of_row[i], .points = {}};
        for (const auto& [position, gap] : details[i]->token_gaps) {
            series.points.push_back({.x = position, .y = gap, .low = {}, .high = {}, .tooltip = {}});
        }
        if (few) {
            chart.legend.push_back({labels[i], colour_class(i)});
        }
        chart.series.push_back(std::move(series));
    }
    charts.push_back({.title = chart.title,
                      .explanation = "Each trial's median over its repetitions, at every position of the output.",
                      .wide = draw_lines(chart, wide),
                      .narrow = draw_lines(chart, narrow)});
}

}  // namespace

std::vector<ResultRow> charted_rows(const std::vector<ResultRow>& rows) {
    std::vector<ResultRow> kept;
    for (const bool benchmarks : {true, false}) {
        for (const ResultRow& row : rows) {
            if (!row.trial.metrics.empty() && (row.trial.kind == "benchmark") == benchmarks) {
                kept.push_back(row);
            }
        }
        if (!kept.empty()) {
            break;
        }
    }
    return kept;
}

std::vector<ReportChart> report_charts(const ReportData& data, const std::vector<ResultRow>& rows) {
    std::vector<ReportChart> charts;
    const std::vector<ResultRow> charted = charted_rows(rows);
    add_metric_chart(charts, charted, "decode_tokens_per_second");
    add_metric_chart(charts, charted, "prefill_tokens_per_second");
    add_metric_chart(charts, charted, "ttft_ms");
    add_token_chart(charts, data);
    add_memory_chart(charts, charted);
    return charts;
}

}  // namespace tandem::report
