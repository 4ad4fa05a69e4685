#include "app/report/speedup_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "app/report/metric_format.h"
#include "app/report/number_format.h"

namespace tandem::report {
namespace {

const MetricSummary* measured(const ResultRow& row, const std::string& name) {
    const auto found = row.trial.metrics.find(name);
    const bool good = found != row.trial.metrics.end() && found->second.mean && std::isfinite(*found->second.mean);
    return good ? &found->second : nullptr;
}

class SpeedupTable {
public:
    explicit SpeedupTable(const std::vector<ResultRow>& all) : all_(all), rows_(compared_rows(all)) {
        for (const ResultRow& row : all) {
            for (const std::string& id : row.ids) {
                of_trial_.emplace(id, &row);
            }
        }
    }

    ResultTable make() {
        table_.rows.resize(rows_.size());
        if (rows_.empty()) {
            return std::move(table_);
        }
        for (const Dimension& dimension : dimensions(rows_)) {
            add_names(dimension.key, dimension.heading,
                      [&](const ResultRow& row) { return dimension_value(row, dimension.key); });
            if (dimension.key == "model") {
                add_names("baseline", "against", [](const ResultRow& row) { return row.trial.baseline; });
            }
        }
        add_n();
        add_plain("size_ratio");
        add_times();
        for (const char* name : {"speedup", "ttft_speedup", "tpot_speedup"}) {
            add_ratio(name);
        }
        add_plain("peak_rss_ratio");
        add_reasons();
        add_notes();
        return std::move(table_);
    }

private:
    template <class Value>
    void add_names(const std::string& key, const std::string& heading, const Value& value) {
        std::set<std::string> values;
        for (const ResultRow& row : rows_) {
            values.insert(value(row));
        }
        if (values.size() == 1) {
            if (key != "seed" || *values.begin() != "0") {
                table_.shared.emplace_back(heading, *values.begin());
            }
            return;
        }
        const bool number = std::all_of(values.begin(), values.end(), [](const std::string& text) {
            return text.find_first_not_of("0123456789.-") == std::string::npos;
        });
        table_.columns.push_back({.key = key, .heading = heading, .number = number});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            table_.rows[i].push_back({.text = value(rows_[i])});
        }
    }

    bool any(const std::string& name) const {
        return std::any_of(rows_.begin(), rows_.end(), [&](const ResultRow& row) { return measured(row, name); });
    }

    void add_column(const std::string& key, const std::string& heading, const std::string& unit) {
        table_.columns.push_back({.key = key,
                                  .heading = heading,
                                  .unit = unit,
                                  .number = true,
                                  .metric = true,
                                  .rank = key == "speedup" ? 0 : ++rank_});
    }

    void add_times() {
        double largest = 0;
        for (const ResultRow& row : rows_) {
            if (const MetricSummary* own = measured(row, "end_to_end_ms")) {
                const MetricSummary* ratio = measured(row, "speedup");
                largest = std::max(largest, *own->mean * std::max(1.0, ratio == nullptr ? 1.0 : *ratio->mean));
            }
        }
        const Unit unit = choose_unit(Quantity::milliseconds, largest);
        const auto text = [&](std::optional<double> ms) {
            const double shown = ms.value_or(0) / unit.divisor;
            return ms ? TableCell{.text = fixed(shown, decimals_in(unit, shown, std::nullopt)),
                                  .order = full_precision(*ms)}
                      : TableCell{};
        };
        add_column("end_to_end_ms", "end to end", unit.name);
        add_column("baseline_end_to_end_ms", "of baseline", unit.name);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const MetricSummary* own = measured(rows_[i], "end_to_end_ms");
            const MetricSummary* ratio = measured(rows_[i], "speedup");
            table_.rows[i].push_back(text(own == nullptr ? std::nullopt : own->mean));
            table_.rows[i].push_back(
                text(own == nullptr || ratio == nullptr ? std::nullopt : std::optional(*own->mean * *ratio->mean)));
        }
    }

    void add_ratio(const std::string& name) {
        if (!any(name)) {
            return;
        }
        add_column(name, metric_info(name).heading, "×");
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const MetricSummary* ratio = measured(rows_[i], name);
            const bool faster = ratio != nullptr && ratio->ci95_low && *ratio->ci95_low > 1;
            table_.rows[i].push_back({.text = ratio_text(ratio),
                                      .order = ratio == nullptr ? "" : full_precision(*ratio->mean),
                                      .tone = faster ? Tone::best : Tone::plain});
        }
    }

    void add_plain(const std::string& name) {
        if (!any(name)) {
            return;
        }
        add_column(name, metric_info(name).heading, "×");
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const MetricSummary* ratio = measured(rows_[i], name);
            table_.rows[i].push_back(ratio == nullptr
                                         ? TableCell{}
                                         : TableCell{.text = format_metric({.mean = ratio->mean}, {.decimals = 2}),
                                                     .order = full_precision(*ratio->mean)});
        }
    }

    // Empty where there is a speed-up.
    std::string reason(const ResultRow& row) const {
        const TrialRow& trial = row.trial;
        if (measured(row, "speedup")) {
            return {};
        }
        const auto state = [](const TrialRow& of) {
            return of.state + (of.error_code.empty() ? std::string() : " " + of.error_code);
        };
        if (trial.state != "done") {
            return state(trial);
        }
        if (trial.baseline_trial.empty()) {
            return "no trial of " + trial.baseline + " to compare with";
        }
        if (!measured(row, "end_to_end_ms")) {
            return "measures no time";
        }
        const auto baseline = of_trial_.find(trial.baseline_trial);
        return baseline == of_trial_.end() ? trial.baseline + " was not measured"
                                           : trial.baseline + ": " + state(baseline->second->trial);
    }

    void add_reasons() {
        std::vector<std::string> reasons;
        std::transform(rows_.begin(), rows_.end(), std::back_inserter(reasons),
                       [&](const ResultRow& row) { return reason(row); });
        if (std::all_of(reasons.begin(), reasons.end(), [](const std::string& text) { return text.empty(); })) {
            return;
        }
        table_.columns.push_back({.key = "reason", .heading = "why none"});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            table_.rows[i].push_back({.text = reasons[i], .tone = Tone::failed});
        }
    }

    // Where rows differ in it; else the notes say it.
    void add_n() {
        std::vector<std::string> texts;
        for (const ResultRow& row : rows_) {
            const MetricSummary* ratio = measured(row, "speedup");
            texts.push_back(ratio == nullptr ? "" : std::to_string(ratio->n));
            if (ratio != nullptr && ratio->ci95_low) {
                numbers_.insert(ratio->n);
                merged_ = merged_ || row.trials_measured > 1;
            }
        }
        if (numbers_.size() < 2) {
            return;
        }
        table_.columns.push_back({.key = "n", .heading = "n", .number = true});
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            table_.rows[i].push_back({.text = texts[i], .tone = Tone::quiet});
        }
    }

    void add_notes() {
        table_.notes.emplace_back(
            "speed-up: the baseline's mean end-to-end time over its own; first token and per "
            "token likewise; memory: its peak over the baseline's; size ratio: parameters of "
            "the large model over the small one's");
        if (!numbers_.empty()) {
            table_.notes.push_back(
                std::string("in brackets: 95 % interval of the ratio (of its logarithm, Student's t) over ") +
                (numbers_.size() == 1 ? "n = " + std::to_string(*numbers_.begin()) + " " : "n ") +
                (merged_
                     ? "trials with different seeds, each counted once, or repetitions where there is one seed; the "
                       "mean is geometric"
                     : "repetitions") +
                "; bold: the whole interval lies above 1");
        }
    }

    const std::vector<ResultRow>& all_;
    std::vector<ResultRow> rows_;
    std::map<std::string, const ResultRow*> of_trial_;
    std::set<std::int64_t> numbers_;  // of repetitions or trials behind the intervals
    bool merged_ = false;             // some row has several seeds
    int rank_ = 0;
    ResultTable table_;
};

}  // namespace

std::vector<ResultRow> compared_rows(const std::vector<ResultRow>& rows) {
    std::vector<ResultRow> kept;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(kept),
                 [](const ResultRow& row) { return !row.trial.baseline.empty(); });
    return kept;
}

std::string ratio_text(const MetricSummary* ratio) {
    if (ratio == nullptr || !ratio->mean) {
        return {};
    }
    const auto text = [](double value) { return fixed(value, 2); };
    return text(*ratio->mean) + (ratio->ci95_low && ratio->ci95_high
                                     ? " (" + text(*ratio->ci95_low) + "–" + text(*ratio->ci95_high) + ")"
                                     : std::string());
}

ResultTable make_speedup_table(const std::vector<ResultRow>& rows) {
    return SpeedupTable(rows).make();
}

}  // namespace tandem::report
