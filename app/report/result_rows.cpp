#include "app/report/result_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "app/report/metric_format.h"
#include "engine/benchmark/ratio.h"
#include "engine/benchmark/statistics.h"

namespace tandem::report {
namespace {

constexpr char separator = '\x1f';

std::string key_without_seed(const TrialRow& trial) {
    std::string key;
    for (const std::string* part : {&trial.experiment, &trial.pairing, &trial.model, &trial.partner, &trial.baseline,
                                    &trial.target, &trial.workload, &trial.kind}) {
        key += *part + separator;
    }
    for (const auto& [path, value] : trial.settings) {
        key += path + separator + value + separator;
    }
    return key;
}

ResultRow row_of(const TrialRow& trial) {
    return {.trial = trial, .ids = {trial.id}, .seeds = {trial.seed}, .trials_measured = trial.metrics.empty() ? 0 : 1};
}

std::string merged_state(const std::map<std::string, int>& states) {
    if (states.size() == 1) {
        return states.begin()->first;
    }
    std::string text;
    for (const auto& [state, count] : states) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + state;
    }
    return text;
}

ResultRow merge(const std::vector<const TrialRow*>& trials) {
    ResultRow row = row_of(*trials.front());
    if (trials.size() == 1) {
        return row;
    }
    row.ids.clear();
    row.seeds.clear();
    std::map<std::string, int> states;
    std::map<std::string, std::vector<double>> means;
    std::vector<const TrialRow*> measured;
    for (const TrialRow* trial : trials) {
        row.ids.push_back(trial->id);
        row.seeds.push_back(trial->seed);
        ++states[trial->state];
        if (row.trial.error_code.empty() && !trial->error_code.empty()) {
            row.trial.error_code = trial->error_code;
            row.trial.error_message = trial->error_message;
        }
        if (!trial->metrics.empty()) {
            measured.push_back(trial);
        }
        for (const auto& [name, metric] : trial->metrics) {
            auto& samples = means[name];
            if (metric.mean) {
                samples.push_back(*metric.mean);
            }
        }
    }
    row.trial.state = merged_state(states);
    row.trials_measured = static_cast<std::int64_t>(measured.size());
    row.trial.metrics.clear();
    if (measured.size() == 1) {
        row.trial.metrics = measured.front()->metrics;
        return row;
    }
    for (auto& [name, samples] : means) {
        MetricSummary summary = metric_info(name).quantity == Quantity::ratio ? mean_ratio(name, samples)
                                                                              : summarise(name, std::move(samples));
        summary.samples.clear();
        row.trial.metrics.emplace(name, std::move(summary));
    }
    return row;
}

std::string last_word(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string::npos ? path : path.substr(dot + 1);
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos;
}

}  // namespace

std::vector<ResultRow> result_rows(const std::vector<TrialRow>& trials, Seeds seeds) {
    std::vector<ResultRow> rows;
    if (seeds == Seeds::apart) {
        rows.reserve(trials.size());
        for (const TrialRow& trial : trials) {
            rows.push_back(row_of(trial));
        }
        return rows;
    }
    std::unordered_map<std::string, std::size_t> index;
    std::vector<std::vector<const TrialRow*>> groups;
    for (const TrialRow& trial : trials) {
        const auto [found, added] = index.emplace(key_without_seed(trial), groups.size());
        if (added) {
            groups.emplace_back();
        }
        groups[found->second].push_back(&trial);
    }
    rows.reserve(groups.size());
    for (const auto& group : groups) {
        rows.push_back(merge(group));
    }
    return rows;
}

std::string models_text(const TrialRow& trial) {
    return trial.partner.empty() ? trial.model : trial.model + " + " + trial.partner;
}

std::string dimension_value(const ResultRow& row, const std::string& key) {
    const TrialRow& trial = row.trial;
    if (key == "seed") {
        return row.seeds.size() == 1 ? std::to_string(row.seeds.front()) : std::to_string(row.seeds.size()) + " seeds";
    }
    if (key == "model") {
        return models_text(trial);
    }
    for (const auto& [name, value] : {std::pair<std::string_view, const std::string*>{"experiment", &trial.experiment},
                                      {"pairing", &trial.pairing},
                                      {"target", &trial.target},
                                      {"workload", &trial.workload}}) {
        if (key == name) {
            return *value;
        }
    }
    const auto setting = std::find_if(trial.settings.begin(), trial.settings.end(),
                                      [&](const auto& candidate) { return candidate.first == key; });
    return setting == trial.settings.end() ? std::string() : setting->second;
}

std::vector<Dimension> dimensions(const std::vector<ResultRow>& rows) {
    std::vector<Dimension> found;
    std::vector<std::string> keys{"experiment", "pairing", "model", "target", "workload"};
    std::set<std::string> settings;
    std::map<std::string, int> last_words;
    for (const ResultRow& row : rows) {
        for (const auto& [path, value] : row.trial.settings) {
            if (settings.insert(path).second) {
                keys.push_back(path);
                ++last_words[last_word(path)];
            }
        }
    }
    keys.emplace_back("seed");
    for (const std::string& key : keys) {
        Dimension dimension{.key = key, .heading = key};
        if (settings.contains(key) && last_words[last_word(key)] == 1) {
            dimension.heading = last_word(key);
        }
        std::string first;
        for (const ResultRow& row : rows) {
            const std::string value = dimension_value(row, key);
            if (first.empty()) {
                first = value;
            } else if (!value.empty() && value != first) {
                dimension.varies = true;
                break;
            }
        }
        if (!first.empty()) {
            found.push_back(std::move(dimension));
        }
    }
    return found;
}

std::vector<std::string> row_labels(const std::vector<ResultRow>& rows) {
    std::vector<std::string> labels(rows.size());
    // Rows that are still one after the dimensions so far; a dimension that splits nothing further is left out.
    std::vector<std::string> so_far(rows.size());
    std::size_t classes = std::min<std::size_t>(rows.size(), 1);
    for (const Dimension& dimension : dimensions(rows)) {
        if (!dimension.varies) {
            continue;
        }
        std::vector<std::string> next = so_far;
        std::set<std::string> distinct;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            next[i] += separator + dimension_value(rows[i], dimension.key);
            distinct.insert(next[i]);
        }
        if (distinct.size() == classes) {
            continue;
        }
        classes = distinct.size();
        so_far = std::move(next);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::string value = dimension_value(rows[i], dimension.key);
            if (!value.empty()) {
                labels[i] +=
                    (labels[i].empty() ? "" : ", ") + (is_number(value) ? dimension.heading + " " + value : value);
            }
        }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (labels[i].empty()) {
            labels[i] = rows[i].trial.workload.empty() ? rows[i].trial.id.substr(0, 12) : rows[i].trial.workload;
        }
    }
    return labels;
}

}  // namespace tandem::report
