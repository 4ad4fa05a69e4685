#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "app/report/number_format.h"
#include "app/report/table_formats.h"

namespace tandem::report {
namespace {

using nlohmann::ordered_json;

struct Statistic {
    std::string_view name;
    std::optional<double> MetricSummary::*member;
};
constexpr std::array<Statistic, 8> statistics{{{"mean", &MetricSummary::mean},
                                               {"sd", &MetricSummary::sd},
                                               {"ci95_low", &MetricSummary::ci95_low},
                                               {"ci95_high", &MetricSummary::ci95_high},
                                               {"p50", &MetricSummary::p50},
                                               {"p90", &MetricSummary::p90},
                                               {"min", &MetricSummary::min},
                                               {"max", &MetricSummary::max}}};

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : " ") + part;
    }
    return text;
}

std::string joined_seeds(const std::vector<std::uint64_t>& seeds) {
    std::string text;
    for (const std::uint64_t seed : seeds) {
        text += (text.empty() ? "" : " ") + std::to_string(seed);
    }
    return text;
}

class CsvWriter {
public:
    void field(std::string_view text) {
        if (!first_) {
            text_ += ',';
        }
        first_ = false;
        if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
            text_ += text;
            return;
        }
        text_ += '"';
        for (const char character : text) {
            text_ += character;
            if (character == '"') {
                text_ += '"';
            }
        }
        text_ += '"';
    }

    void end_record() {
        text_ += "\r\n";
        first_ = true;
    }

    std::string take() { return std::move(text_); }

private:
    std::string text_;
    bool first_ = true;
};

struct Names {
    std::vector<std::string> settings;  // in order of appearance
    std::vector<std::string> metrics;   // in the registry's order
};

Names names_of(const std::vector<ResultRow>& rows) {
    Names names;
    std::set<std::string> settings;
    std::set<std::string> metrics;
    for (const ResultRow& row : rows) {
        for (const auto& setting : row.trial.settings) {
            if (settings.insert(setting.first).second) {
                names.settings.push_back(setting.first);
            }
        }
        for (const auto& metric : row.trial.metrics) {
            metrics.insert(metric.first);
        }
    }
    names.metrics.assign(metrics.begin(), metrics.end());
    std::stable_sort(names.metrics.begin(), names.metrics.end(),
                     [](const auto& a, const auto& b) { return metric_rank(a) < metric_rank(b); });
    return names;
}

void write_metric(CsvWriter& csv, const MetricSummary* metric) {
    csv.field(metric == nullptr ? "" : std::to_string(metric->n));
    for (const Statistic& statistic : statistics) {
        const auto value = metric == nullptr ? std::nullopt : metric->*statistic.member;
        csv.field(value ? full_precision(*value) : std::string());
    }
}

}  // namespace

std::string to_csv(const std::vector<ResultRow>& rows) {
    const Names names = names_of(rows);
    CsvWriter csv;
    for (const char* name :
         {"trial", "experiment", "pairing", "model", "partner", "baseline", "target", "workload", "kind", "seed",
          "state", "attempts", "started_at", "finished_at", "error_code", "error_message"}) {
        csv.field(name);
    }
    for (const std::string& path : names.settings) {
        csv.field(path);
    }
    for (const std::string& metric : names.metrics) {
        csv.field(metric + "_n");
        for (const Statistic& statistic : statistics) {
            csv.field(metric + "_" + std::string(statistic.name));
        }
    }
    csv.end_record();
    for (const ResultRow& row : rows) {
        const TrialRow& trial = row.trial;
        csv.field(joined(row.ids));
        for (const std::string* name : {&trial.experiment, &trial.pairing, &trial.model, &trial.partner,
                                        &trial.baseline, &trial.target, &trial.workload, &trial.kind}) {
            csv.field(*name);
        }
        csv.field(joined_seeds(row.seeds));
        csv.field(trial.state);
        csv.field(std::to_string(trial.attempts));
        for (const std::string* name :
             {&trial.started_at, &trial.finished_at, &trial.error_code, &trial.error_message}) {
            csv.field(*name);
        }
        for (const std::string& path : names.settings) {
            csv.field(dimension_value(row, path));
        }
        for (const std::string& metric : names.metrics) {
            const auto found = trial.metrics.find(metric);
            write_metric(csv, found == trial.metrics.end() ? nullptr : &found->second);
        }
        csv.end_record();
    }
    return csv.take();
}

ordered_json to_json(const ResultRow& row) {
    const TrialRow& trial = row.trial;
    ordered_json json;
    if (row.ids.size() == 1) {
        json["trial"] = row.ids.front();
        json["seed"] = row.seeds.front();
    } else {
        json["trials"] = row.ids;
        json["seeds"] = row.seeds;
    }
    json["experiment"] = trial.experiment;
    json["pairing"] = trial.pairing;
    json["model"] = trial.model;
    json["partner"] = trial.partner;
    json["baseline"] = trial.baseline;
    json["target"] = trial.target;
    json["workload"] = trial.workload;
    json["kind"] = trial.kind;
    json["settings"] = ordered_json::object();
    for (const auto& [path, value] : trial.settings) {
        json["settings"][path] = value;
    }
    json["state"] = trial.state;
    json["attempts"] = trial.attempts;
    json["started_at"] = trial.started_at;
    json["finished_at"] = trial.finished_at;
    json["error"] = trial.error_code.empty()
                        ? ordered_json(nullptr)
                        : ordered_json{{"code", trial.error_code}, {"message", trial.error_message}};
    json["metrics"] = ordered_json::object();
    std::vector<const MetricSummary*> metrics;
    for (const auto& metric : trial.metrics) {
        metrics.push_back(&metric.second);
    }
    std::stable_sort(metrics.begin(), metrics.end(),
                     [](const auto* a, const auto* b) { return metric_rank(a->name) < metric_rank(b->name); });
    for (const MetricSummary* metric : metrics) {
        ordered_json& entry = json["metrics"][metric->name];
        entry["n"] = metric->n;
        for (const Statistic& statistic : statistics) {
            const auto value = metric->*statistic.member;
            entry[std::string(statistic.name)] =
                value && std::isfinite(*value) ? ordered_json(*value) : ordered_json(nullptr);
        }
    }
    return json;
}

std::string to_jsonl(const std::vector<ResultRow>& rows) {
    std::string text;
    for (const ResultRow& row : rows) {
        text += to_json(row).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
    }
    return text;
}

}  // namespace tandem::report
