#include "db/queries/baselines.h"

#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/api/pairing.h"
#include "engine/benchmark/ratio.h"

namespace tandem::db {
namespace {

using Metrics = std::map<std::string, MetricSummary>;

const MetricSummary* find(const Metrics& metrics, const char* name) {
    const auto found = metrics.find(name);
    return found == metrics.end() ? nullptr : &found->second;
}

// The large model's parameters over the small one's.
std::optional<double> size_ratio(const std::map<std::string, std::string>& own,
                                 const std::optional<double>& of_baseline) {
    const auto number = [&](const char* name) -> std::optional<double> {
        const auto found = own.find(name);
        double value = 0;
        if (found == own.end() ||
            std::from_chars(found->second.data(), found->second.data() + found->second.size(), value).ec !=
                std::errc() ||
            !(value > 0)) {
            return std::nullopt;
        }
        return value;
    };
    const auto model = number("parameters");
    const auto partner = number("partner_parameters");
    if (!model) {
        return std::nullopt;
    }
    if (!partner) {
        return of_baseline && *of_baseline > 0 ? std::optional(*of_baseline / *model) : std::nullopt;
    }
    const auto method = own.find("method");
    const bool model_is_large = method != own.end() && method->second == enum_name(PairingMethod::speculative);
    return model_is_large ? *model / *partner : *partner / *model;
}

class Ratios {
public:
    static Result<Ratios> prepare(const Connection& connection) {
        Ratios ratios;
        ratios.facts_ =
            TANDEM_TRY(connection.prepare("SELECT name, value FROM facts WHERE attempt_id = ?1 AND name IN "
                                          "('method', 'new_tokens', 'parameters', 'partner_parameters')"));
        ratios.metrics_ = TANDEM_TRY(connection.prepare(
            "SELECT m.name, m.n, m.mean, m.sd, m.ci95_low, m.ci95_high FROM trials AS t JOIN metrics AS m "
            "ON m.attempt_id = t.done_attempt WHERE t.id = ?1 AND m.name IN "
            "('end_to_end_ms', 'ttft_ms', 'tpot_ms', 'peak_rss_bytes')"));
        ratios.parameters_ = TANDEM_TRY(
            connection.prepare("SELECT CAST(f.value AS REAL) FROM trials AS t JOIN facts AS f ON f.attempt_id = "
                               "t.done_attempt WHERE t.id = ?1 AND f.name = 'parameters'"));
        return ratios;
    }

    Result<void> add(std::int64_t attempt, TrialRow& row) {
        const Baseline& baseline = *TANDEM_TRY(baseline_of(row.baseline_trial));
        if (baseline.metrics.empty()) {
            return {};
        }
        const Metrics measured = row.metrics;
        const auto compare = [&](const char* name, const MetricSummary* above, const MetricSummary* below) {
            if (above != nullptr && below != nullptr) {
                if (MetricSummary ratio = ratio_of(name, *above, *below); ratio.mean) {
                    row.metrics.insert_or_assign(name, std::move(ratio));
                }
            }
        };
        for (const auto& [name, metric] :
             {std::pair{"speedup", "end_to_end_ms"}, {"ttft_speedup", "ttft_ms"}, {"tpot_speedup", "tpot_ms"}}) {
            compare(name, find(baseline.metrics, metric), find(measured, metric));
        }
        compare("peak_rss_ratio", find(measured, "peak_rss_bytes"), find(baseline.metrics, "peak_rss_bytes"));
        if (const auto peak = row.metrics.find("peak_rss_ratio"); peak != row.metrics.end()) {
            // The high-water mark of one repetition is that of those before it too: no independent samples.
            peak->second.ci95_low = peak->second.ci95_high = std::nullopt;
        }
        std::map<std::string, std::string> facts;
        for (bool fact = TANDEM_TRY(facts_.query(attempt)); fact; fact = TANDEM_TRY(facts_.step())) {
            facts.emplace(facts_.string(0), facts_.string(1));
        }
        facts_.reset();
        if (const auto size = size_ratio(facts, baseline.parameters)) {
            row.metrics.insert_or_assign("size_ratio", MetricSummary{.name = "size_ratio", .n = 1, .mean = size});
        }
        if (const auto tokens = facts.find("new_tokens"); tokens != facts.end()) {
            std::int64_t value = 0;
            const char* const end = tokens->second.data() + tokens->second.size();
            if (std::from_chars(tokens->second.data(), end, value).ptr == end) {
                row.new_tokens = value;
            }
        }
        return {};
    }

private:
    struct Baseline {
        Metrics metrics;
        std::optional<double> parameters;
    };

    Result<const Baseline*> baseline_of(const std::string& trial) {
        const auto [known, added] = baselines_.try_emplace(trial);
        if (!added) {
            return &known->second;
        }
        for (bool row = TANDEM_TRY(metrics_.query(trial)); row; row = TANDEM_TRY(metrics_.step())) {
            const std::string name = metrics_.string(0);
            known->second.metrics.emplace(name, MetricSummary{.name = name,
                                                              .n = metrics_.integer(1),
                                                              .mean = metrics_.optional_real(2),
                                                              .sd = metrics_.optional_real(3),
                                                              .ci95_low = metrics_.optional_real(4),
                                                              .ci95_high = metrics_.optional_real(5),
                                                              .samples = {}});
        }
        metrics_.reset();
        if (TANDEM_TRY(parameters_.query(trial))) {
            known->second.parameters = parameters_.optional_real(0);
        }
        parameters_.reset();
        return &known->second;
    }

    Statement facts_, metrics_, parameters_;
    std::unordered_map<std::string, Baseline> baselines_;
};

}  // namespace

Result<void> add_ratios(const Connection& connection, std::span<const std::optional<std::int64_t>> attempts,
                        std::vector<TrialRow>& rows) {
    std::optional<Ratios> ratios;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].baseline_trial.empty() || !attempts[i]) {
            continue;
        }
        if (!ratios) {
            ratios = TANDEM_TRY(Ratios::prepare(connection));
        }
        TANDEM_TRY(ratios->add(*attempts[i], rows[i]));
    }
    return {};
}

}  // namespace tandem::db
