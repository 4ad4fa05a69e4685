#include "app/report/result_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "app/report/number_format.h"

namespace tandem::report {
namespace {

constexpr std::size_t id_digits = 12;

std::optional<double> mean_of(const ResultRow& row, const std::string& metric) {
    const auto found = row.trial.metrics.find(metric);
    return found == row.trial.metrics.end() ? std::nullopt : found->second.mean;
}

std::vector<std::string> metrics_of(const std::vector<ResultRow>& rows) {
    std::set<std::string> present;
    for (const ResultRow& row : rows) {
        for (const auto& [name, metric] : row.trial.metrics) {
            if (metric.mean && !metric_info(name).detail) {
                present.insert(name);
            }
        }
    }
    std::vector<std::string> names(present.begin(), present.end());
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return metric_rank(a) < metric_rank(b); });
    return names;
}

// The number of samples that all metrics with an interval share, if they do. Counted ones do not matter.
std::optional<std::int64_t> common_n(const ResultRow& row) {
    std::optional<std::int64_t> common;
    for (const auto& [name, metric] : row.trial.metrics) {
        if (!metric.mean || !half_width(metric)) {
            continue;
        }
        if (common && *common != metric.n) {
            return std::nullopt;
        }
        common = metric.n;
    }
    return common;
}

bool has_intervals(const ResultRow& row) {
    return std::any_of(row.trial.metrics.begin(), row.trial.metrics.end(),
                       [](const auto& metric) { return metric.second.mean && half_width(metric.second); });
}

bool has_score_of_one_trial(const ResultRow& row) {
    return row.trials_measured == 1 &&
           std::any_of(row.trial.metrics.begin(), row.trial.metrics.end(),
                       [](const auto& metric) { return metric_info(metric.first).score && half_width(metric.second); });
}

class TableMaker {
public:
    explicit TableMaker(const std::vector<ResultRow>& rows) : rows_(rows) {
        std::set<std::int64_t> numbers;
        for (const ResultRow& row : rows) {
            n_.push_back(common_n(row));
            if (n_.back()) {
                numbers.insert(*n_.back());
            }
            mixed_ = mixed_ || (!n_.back() && has_intervals(row));
        }
        n_column_ = numbers.size() > 1;
        if (numbers.size() == 1 && !mixed_) {
            same_n_ = *numbers.begin();
        }
    }

    ResultTable make() {
        table_.rows.resize(rows_.size());
        add_ids();
        for (const Dimension& dimension : dimensions(rows_)) {
            add_dimension(dimension);
        }
        add_state();
        add_n();
        int rank = 0;
        for (const std::string& name : metrics_of(rows_)) {
            add_metric(name, ++rank);
        }
        add_notes();
        return std::move(table_);
    }

private:
    void add_ids() {
        table_.columns.push_back({.key = "trial", .heading = "trial"});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto& ids = rows_[i].ids;
            table_.rows[i].push_back({.text = ids.front().substr(0, id_digits) +
                                              (ids.size() > 1 ? " +" + std::to_string(ids.size() - 1) : std::string()),
                                      .tone = Tone::quiet});
        }
    }

    void add_dimension(const Dimension& dimension) {
        if (!dimension.varies) {
            std::string value;
            for (std::size_t i = 0; i < rows_.size() && value.empty(); ++i) {
                value = dimension_value(rows_[i], dimension.key);
            }
            if (dimension.key != "seed" || value != "0") {
                table_.shared.emplace_back(dimension.heading, value);
            }
            return;
        }
        bool number = true;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const std::string value = dimension_value(rows_[i], dimension.key);
            number = number && value.find_first_not_of("0123456789.-") == std::string::npos;
            table_.rows[i].push_back({.text = value});
        }
        table_.columns.push_back({.key = dimension.key, .heading = dimension.heading, .number = number});
    }

    void add_state() {
        const bool same = std::all_of(rows_.begin(), rows_.end(), [&](const ResultRow& row) {
            return row.trial.state == rows_.front().trial.state && row.trial.error_code.empty();
        });
        if (same && !rows_.empty()) {
            table_.shared.emplace_back("state", rows_.front().trial.state);
            return;
        }
        table_.columns.push_back({.key = "state", .heading = "state"});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const TrialRow& trial = rows_[i].trial;
            const bool failed = trial.state.find("failed") != std::string::npos;
            table_.rows[i].push_back(
                {.text = trial.state + (failed && !trial.error_code.empty() ? " " + trial.error_code : std::string()),
                 .tone = failed                  ? Tone::failed
                         : trial.state == "done" ? Tone::plain
                                                 : Tone::quiet});
        }
    }

    void add_n() {
        if (!n_column_) {
            return;
        }
        table_.columns.push_back({.key = "n", .heading = "n", .number = true});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            table_.rows[i].push_back({.text = n_[i] ? std::to_string(*n_[i]) : std::string(), .tone = Tone::quiet});
        }
    }

    void add_metric(const std::string& name, int rank) {
        const MetricInfo info = metric_info(name);
        double largest = 0;
        std::map<std::string, std::pair<double, int>> best;  // by workload: the best mean, and of how many
        for (const ResultRow& row : rows_) {
            const auto mean = mean_of(row, name);
            if (!mean || !std::isfinite(*mean)) {
                continue;
            }
            largest = std::max(largest, std::abs(*mean));
            auto [found, first] = best.try_emplace(row.trial.workload, *mean, 0);
            ++found->second.second;
            const bool better =
                info.better == Better::lower ? *mean < found->second.first : *mean > found->second.first;
            found->second.first = better ? *mean : found->second.first;
        }
        const Unit unit = choose_unit(info.quantity, largest);
        table_.columns.push_back(
            {.key = name, .heading = info.heading, .unit = unit.name, .number = true, .metric = true, .rank = rank});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto mean = mean_of(rows_[i], name);
            TableCell cell;
            if (mean && std::isfinite(*mean)) {
                const MetricSummary& metric = rows_[i].trial.metrics.at(name);
                cell.text = format_metric(metric, unit);
                if (!n_[i] && half_width(metric)) {
                    cell.text += " (" + std::to_string(metric.n) + ")";
                }
                cell.order = full_precision(*mean);
                const auto& [value, count] = best.at(rows_[i].trial.workload);
                cell.tone = info.better != Better::unknown && count > 1 && *mean == value ? Tone::best : Tone::plain;
            }
            table_.rows[i].push_back(std::move(cell));
        }
    }

    void add_notes() {
        const auto merged = static_cast<std::size_t>(
            std::count_if(rows_.begin(), rows_.end(), [](const ResultRow& row) { return row.trials_measured > 1; }));
        if (std::none_of(rows_.begin(), rows_.end(), has_intervals)) {
            return;
        }
        const std::string over = merged == 0              ? "repetitions"
                                 : merged == rows_.size() ? "trials with different seeds, each counted by its mean"
                                                          : "trials where a row has several seeds, else repetitions";
        table_.notes.push_back("mean ± half of its 95 % confidence interval (Student's t) over " +
                               (same_n_ ? "n = " + std::to_string(*same_n_) + " " + over : "n " + over) +
                               (mixed_ ? "; where metrics of a row differ in n, it stands in brackets" : ""));
        if (std::any_of(rows_.begin(), rows_.end(), has_score_of_one_trial)) {
            table_.notes.emplace_back("scores of one trial: ± half of the bootstrap's 95 % interval over its examples");
        }
        if (std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return mean_of(row, "speedup"); })) {
            table_.notes.emplace_back("speed-up: how many times as fast as its baseline from end to end");
        }
    }

    const std::vector<ResultRow>& rows_;
    std::vector<std::optional<std::int64_t>> n_;  // of each row, where its metrics agree
    std::optional<std::int64_t> same_n_;          // of all rows
    bool n_column_ = false;
    bool mixed_ = false;  // some row's metrics do not agree
    ResultTable table_;
};

}  // namespace

ResultTable make_table(const std::vector<ResultRow>& rows) {
    return TableMaker(rows).make();
}

}  // namespace tandem::report
