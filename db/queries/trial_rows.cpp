#include "db/queries/trial_rows.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "db/queries/baselines.h"

namespace tandem::db {
namespace {

// ?1 experiment's name or NULL, ?2 trial or NULL.
constexpr std::string_view rows_sql =
    "SELECT e.name, t.id, et.pairing, et.model, et.target, et.workload, t.kind, et.settings, t.seed, a.state, "
    "a.attempt, a.started_ms, a.finished_ms, a.error_code, a.error_message, t.done_attempt, et.partner, et.baseline, "
    "et.baseline_trial "
    "FROM experiments AS e JOIN experiment_trials AS et ON et.experiment_id = e.id "
    "JOIN trials AS t ON t.id = et.trial_id LEFT JOIN attempts AS a ON a.id = t.last_attempt "
    "WHERE (?1 IS NULL OR e.name = ?1) AND (?2 IS NULL OR t.id = ?2) AND NOT EXISTS ("
    "SELECT 1 FROM experiment_trials AS newer JOIN experiments AS ne ON ne.id = newer.experiment_id "
    "WHERE newer.trial_id = et.trial_id AND newer.experiment_id > et.experiment_id AND (?1 IS NULL OR ne.name = ?1)) "
    "ORDER BY e.id, et.position";

constexpr std::string_view metric_columns = "name, n, mean, sd, ci95_low, ci95_high, p50, p90, min, max";

MetricSummary read_metric(const Statement& row, int first) {
    return MetricSummary{.name = row.string(first),
                         .n = row.integer(first + 1),
                         .mean = row.optional_real(first + 2),
                         .sd = row.optional_real(first + 3),
                         .ci95_low = row.optional_real(first + 4),
                         .ci95_high = row.optional_real(first + 5),
                         .p50 = row.optional_real(first + 6),
                         .p90 = row.optional_real(first + 7),
                         .min = row.optional_real(first + 8),
                         .max = row.optional_real(first + 9),
                         .samples = {}};
}

std::vector<std::pair<std::string, std::string>> parse_settings(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> settings;
    if (text.size() <= 2) {  // {}
        return settings;
    }
    const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (json.is_object()) {
        for (const auto& [path, value] : json.items()) {
            settings.emplace_back(path, value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    return settings;
}

std::uint64_t parse_seed(std::string_view text) {
    std::uint64_t seed = 0;
    std::from_chars(text.data(), text.data() + text.size(), seed);
    return seed;
}

TrialRow read_row(const Statement& row) {
    TrialRow trial;
    trial.experiment = row.string(0);
    trial.id = row.string(1);
    trial.pairing = row.string(2);
    trial.model = row.string(3);
    trial.target = row.string(4);
    trial.workload = row.string(5);
    trial.kind = row.string(6);
    trial.settings = parse_settings(row.text(7));
    trial.seed = parse_seed(row.text(8));
    trial.state = row.is_null(9) ? "queued" : row.string(9);
    trial.attempts = row.integer(10);
    trial.started_at = row.is_null(11) ? "" : iso_time(row.integer(11));
    trial.finished_at = row.is_null(12) ? "" : iso_time(row.integer(12));
    trial.error_code = row.string(13);
    trial.error_message = row.string(14);
    trial.partner = row.string(16);
    trial.baseline = row.string(17);
    trial.baseline_trial = row.string(18);
    return trial;
}

}  // namespace

std::string iso_time(std::int64_t unix_ms) {
    const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm parts{};
    std::array<char, 40> text{};
    if (gmtime_r(&seconds, &parts) == nullptr) {
        return {};
    }
    return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

Result<std::vector<TrialRow>> read_trial_rows(const Connection& connection,
                                              const std::optional<std::string>& experiment,
                                              const std::optional<std::string>& trial) {
    std::vector<TrialRow> trials;
    std::unordered_map<std::int64_t, std::size_t> by_attempt;
    std::vector<std::optional<std::int64_t>> attempts;  // whose metrics each row has
    Statement rows = TANDEM_TRY(connection.prepare(rows_sql));
    for (bool row = TANDEM_TRY(rows.query(experiment, trial)); row; row = TANDEM_TRY(rows.step())) {
        attempts.push_back(rows.is_null(15) ? std::nullopt : std::optional(rows.integer(15)));
        if (attempts.back()) {
            by_attempt.emplace(*attempts.back(), trials.size());
        }
        trials.push_back(read_row(rows));
    }
    // Nearly all metrics are wanted for a whole table: one pass over them is faster than a look-up for each trial.
    const std::string from = " FROM metrics";
    const std::string sql = "SELECT attempt_id, " + std::string(metric_columns) + from +
                            (experiment || trial ? " WHERE attempt_id = ?1" : "");
    Statement metrics = TANDEM_TRY(connection.prepare(sql));
    const auto take = [&](TrialRow& row) {
        MetricSummary metric = read_metric(metrics, 1);
        std::string name = metric.name;
        row.metrics.emplace_hint(row.metrics.end(), std::move(name), std::move(metric));
    };
    if (!experiment && !trial) {
        for (bool row = TANDEM_TRY(metrics.query()); row; row = TANDEM_TRY(metrics.step())) {
            if (const auto found = by_attempt.find(metrics.integer(0)); found != by_attempt.end()) {
                take(trials[found->second]);
            }
        }
    } else {
        for (const auto& [attempt, index] : by_attempt) {
            for (bool row = TANDEM_TRY(metrics.query(attempt)); row; row = TANDEM_TRY(metrics.step())) {
                take(trials[index]);
            }
        }
    }
    TANDEM_TRY(add_ratios(connection, attempts, trials));
    return trials;
}

Result<std::vector<MetricSummary>> read_metrics(const Connection& connection, std::int64_t attempt_row) {
    Statement rows = TANDEM_TRY(connection.prepare("SELECT " + std::string(metric_columns) +
                                                   ", samples FROM metrics WHERE attempt_id = ?1 ORDER BY position"));
    std::vector<MetricSummary> metrics;
    for (bool row = TANDEM_TRY(rows.query(attempt_row)); row; row = TANDEM_TRY(rows.step())) {
        MetricSummary metric = read_metric(rows, 0);
        const auto samples = nlohmann::json::parse(rows.text(10), nullptr, false);
        if (samples.is_array()) {
            for (const auto& sample : samples) {
                metric.samples.push_back(sample.is_number() ? sample.get<double>()
                                                            : std::numeric_limits<double>::quiet_NaN());
            }
        }
        metrics.push_back(std::move(metric));
    }
    return metrics;
}

}  // namespace tandem::db
