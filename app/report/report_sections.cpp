#include "app/report/report_sections.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/report/chart_choice.h"
#include "app/report/chart_svg.h"
#include "app/report/metric_format.h"
#include "app/report/report_charts.h"
#include "app/report/report_markup.h"
#include "app/report/result_table.h"

namespace tandem::report {
namespace {

constexpr std::size_t id_digits = 12;
constexpr std::size_t log_tail_lines = 30;
constexpr std::size_t log_tail_bytes = 8000;

// What tells rows apart comes first, their ids last; why a trial failed is said in a section of its own.
ResultTable for_page(ResultTable table) {
    std::rotate(table.columns.begin(), table.columns.begin() + 1, table.columns.end());
    const auto state = std::find_if(table.columns.begin(), table.columns.end(),
                                    [](const TableColumn& column) { return column.key == "state"; });
    for (auto& cells : table.rows) {
        std::rotate(cells.begin(), cells.begin() + 1, cells.end());
        if (state != table.columns.end()) {
            std::string& text = cells[static_cast<std::size_t>(state - table.columns.begin())].text;
            if (text.starts_with("failed ")) {
                text = "failed";
            }
        }
    }
    return table;
}

// The best row of a metric, as one tile.
std::string tile(const std::vector<ResultRow>& rows, const std::vector<std::string>& labels, const std::string& metric,
                 const std::string& what) {
    const MetricInfo info = metric_info(metric);
    const ResultRow* best = nullptr;
    double best_mean = 0;
    for (const ResultRow& row : rows) {
        const auto found = row.trial.metrics.find(metric);
        if (found == row.trial.metrics.end() || !found->second.mean || !std::isfinite(*found->second.mean)) {
            continue;
        }
        const double mean = *found->second.mean;
        if (best == nullptr || (info.better == Better::lower ? mean < best_mean : mean > best_mean)) {
            best = &row;
            best_mean = mean;
        }
    }
    if (best == nullptr) {
        return {};
    }
    const std::string& label = labels[static_cast<std::size_t>(best - rows.data())];
    return "<div>" + element("div", "what", rows.size() > 1 ? what : info.label) +
           element("div", "value", format_value(best_mean, info.quantity)) +
           element("div", "who", rows.size() > 1 ? label : models_text(best->trial)) + "</div>\n";
}

std::string log_tail(const std::string& log) {
    std::size_t begin = log.size() > log_tail_bytes ? log.size() - log_tail_bytes : 0;
    std::size_t at = log.size();
    for (std::size_t lines = 0; at > begin && lines <= log_tail_lines; ++lines) {
        at = at == 0 ? 0 : log.rfind('\n', at - 1);
        if (at == std::string::npos) {
            return log.substr(begin);
        }
    }
    return log.substr(std::max(begin, at == 0 ? 0 : at + 1));
}

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts environment_of(const TrialDetail& detail) {
    Facts facts;
    const auto json = nlohmann::ordered_json::parse(detail.environment_json, nullptr, false);
    if (json.is_object()) {
        for (const auto& [name, value] : json.items()) {
            facts.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    return facts;
}

std::string fact_name(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

// Sizes as people read them.
std::string fact_value(const std::string& name, const std::string& value) {
    const auto bytes = name.ends_with("_bytes") ? number_of(value) : std::nullopt;
    return bytes ? format_value(*bytes, Quantity::bytes) : value;
}

std::string facts_table(const Facts& facts) {
    std::string html = "<div class=\"scroll\"><table class=\"facts\"><tbody>\n";
    for (const auto& [name, value] : facts) {
        html += "<tr><th scope=\"row\">" + markup_escaped(fact_name(name)) + "</th>" +
                element("td", "", fact_value(name, value)) + "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

}  // namespace

Section glance_section(const std::vector<ResultRow>& rows) {
    const std::vector<ResultRow> measured = charted_rows(rows);
    const std::vector<std::string> labels = row_labels(measured);
    const std::string tiles = tile(measured, labels, "decode_tokens_per_second", "Fastest decode") +
                              tile(measured, labels, "prefill_tokens_per_second", "Fastest prefill") +
                              tile(measured, labels, "ttft_ms", "Soonest first token") +
                              tile(measured, labels, "peak_rss_bytes", "Least memory");
    return {"glance", "", tiles.empty() ? tiles : "<div class=\"glance\">\n" + tiles + "</div>\n"};
}

Section results_section(const std::vector<ResultRow>& rows) {
    const ResultTable table = for_page(make_table(rows));
    std::vector<std::string> notes = table.notes;
    if (rows.size() > 1) {
        notes.push_back("bold: the best mean of the column within one workload");
    }
    const std::string html = table_html(table, notes);
    return {"results", "Results", html};
}

Section charts_section(const ReportData& data, const std::vector<ResultRow>& rows) {
    std::string html;
    for (const ReportChart& chart : report_charts(data, rows)) {
        html += chart_html(chart);
    }
    return {"charts", "Charts", html};
}

Section failures_section(const ReportData& data) {
    std::vector<TrialRow> trials;
    std::vector<const ReportTrial*> failed;
    for (const ReportTrial& trial : data.details) {
        if (trial.detail.row.state == "failed") {
            trials.push_back(trial.detail.row);
            failed.push_back(&trial);
        }
    }
    const std::vector<std::string> labels = row_labels(result_rows(data.trials, Seeds::apart));
    std::string html;
    for (std::size_t i = 0; i < failed.size(); ++i) {
        const TrialRow& row = trials[i];
        const auto position = std::find_if(data.trials.begin(), data.trials.end(),
                                           [&](const TrialRow& trial) { return trial.id == row.id; });
        html += "<div class=\"failure\"><p><strong>" +
                markup_escaped(labels[static_cast<std::size_t>(position - data.trials.begin())]) +
                "</strong> <span class=\"id quiet\">" + row.id.substr(0, id_digits) + "</span></p>\n<p>" +
                element("span", "failed", row.error_code) + ": " + markup_escaped(row.error_message) + "</p>\n";
        html += "<p class=\"meta\">" + std::to_string(row.attempts) + (row.attempts == 1 ? " attempt" : " attempts") +
                ", the last ended " + markup_escaped(row.finished_at) + "</p>\n";
        if (const std::string tail = log_tail(failed[i]->detail.log); !tail.empty()) {
            html += "<details open><summary>end of its log</summary>" + element("pre", "", tail) + "</details>\n";
        }
        html += "</div>\n";
    }
    return {"failures", "Failed trials", html};
}

Section machine_section(const ReportData& data) {
    std::vector<std::pair<Facts, std::size_t>> environments;
    std::vector<std::string> order;
    std::map<std::string, std::set<std::string>> used;
    for (const ReportTrial& trial : data.details) {
        const Facts facts = environment_of(trial.detail);
        const auto known = std::find_if(environments.begin(), environments.end(),
                                        [&](const auto& environment) { return environment.first == facts; });
        if (known != environments.end()) {
            ++known->second;
        } else if (!facts.empty()) {
            environments.emplace_back(facts, 1);
        }
        for (const Fact& fact : trial.detail.facts) {
            if (used[fact.name].empty()) {
                order.push_back(fact.name);
            }
            used[fact.name].insert(fact.value);
        }
    }
    std::string html;
    for (const auto& [facts, count] : environments) {
        if (environments.size() > 1) {
            html += element("h3", "", std::to_string(count) + (count == 1 ? " trial" : " trials") + " ran on") + "\n";
        }
        html += facts_table(facts);
    }
    Facts facts;
    for (const std::string& name : order) {
        constexpr std::size_t most_values = 12;
        std::string values;
        std::size_t shown = 0;
        for (const std::string& value : used[name]) {
            if (++shown > most_values) {
                values += ", and " + std::to_string(used[name].size() - most_values) + " more";
                break;
            }
            values += (values.empty() ? "" : ", ") + value;
        }
        facts.emplace_back(name, values);
    }
    if (!facts.empty()) {
        html += element("h3", "", "What the trials really used") + "\n" + facts_table(facts);
    }
    return {"machine", "Machine and environment", html};
}

Section asked_section(const ReportData& data) {
    std::string html;
    if (data.versions.size() > 1) {
        html += element("p", "",
                        "The file was run in " + std::to_string(data.versions.size()) +
                            " versions; the trials of all of them are in this report. The newest:") +
                "\n";
    }
    for (auto version = data.versions.rbegin(); version != data.versions.rend(); ++version) {
        if (version->document.empty()) {
            continue;
        }
        if (version == data.versions.rbegin()) {
            html += element("pre", "", version->document) + "\n";
        } else {
            html += "<details><summary>as planned on " + markup_escaped(version->created_at) + "</summary>" +
                    element("pre", "", version->document) + "</details>\n";
        }
    }
    return {"asked", "What was asked", html};
}

Section definitions_section(const std::vector<ResultRow>& rows) {
    std::set<std::string> present;
    for (const ResultRow& row : rows) {
        for (const auto& metric : row.trial.metrics) {
            present.insert(metric.first);
        }
    }
    std::vector<std::string> names(present.begin(), present.end());
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return metric_rank(a) < metric_rank(b); });
    std::string html = "<dl>\n";
    for (const std::string& name : names) {
        if (const MetricInfo info = metric_info(name); !info.definition.empty()) {
            html += "<dt>" + markup_escaped(info.label) + " " + element("code", "", info.name) + "</dt>\n" +
                    element("dd", "", info.definition) + "\n";
        }
    }
    html +=
        "<dt>Mean and interval</dt>\n<dd>The mean over the timed repetitions (warm-up runs do not count) and its "
        "95&nbsp;% confidence interval by Student&#39;s t; of a score, the bootstrap&#39;s over the examples. Trials "
        "that differ only in their seed are one row: each "
        "counts once, by its own mean. Two rows whose intervals overlap may still differ; <code>tandem "
        "compare</code> gives the interval of the difference.</dd>\n</dl>\n"
        "<p class=\"note\">1 MiB is 1024 × 1024 bytes. Every figure is derived from timestamps in the "
        "database; formulas: docs/formats/metrics.md of Tandem.</p>\n";
    return {"definitions", "How the figures are defined", present.empty() ? "" : html};
}

Section trials_section(const ReportData& data) {
    const std::vector<std::string> labels = row_labels(result_rows(data.trials, Seeds::apart));
    std::string html = "<details><summary>" + std::to_string(data.trials.size()) +
                       " trial ids</summary>\n<div class=\"scroll\"><table><tbody>\n";
    for (std::size_t i = 0; i < std::min(data.trials.size(), most_table_rows); ++i) {
        html += "<tr>" + element("td", "", labels[i]) + element("td", "id", data.trials[i].id) +
                element("td", "quiet", data.trials[i].state) + element("td", "quiet", data.trials[i].finished_at) +
                "</tr>\n";
    }
    return {"trials", "Trials", data.trials.empty() ? "" : html + "</tbody></table></div></details>\n"};
}

}  // namespace tandem::report
