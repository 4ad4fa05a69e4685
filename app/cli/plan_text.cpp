#include "app/cli/plan_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/status_line.h"
#include "app/cli/text_table.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t short_id = 8;

std::int64_t count_to_run(const Plan& plan) {
    return std::count_if(plan.trials.begin(), plan.trials.end(),
                         [](const Trial& trial) { return trial.action == TrialAction::run; });
}

std::string models_text(const Trial& trial) {
    return trial.partner.empty() ? trial.model : trial.model + " + " + trial.partner;
}

}  // namespace

std::string plan_summary(const Plan& plan) {
    const std::int64_t to_run = count_to_run(plan);
    const auto all = static_cast<std::int64_t>(plan.trials.size());
    std::string text = std::to_string(all) + (all == 1 ? " trial: " : " trials: ") + std::to_string(to_run) + " to run";
    if (all > to_run) {
        text += ", " + std::to_string(all - to_run) + " done before";
    }
    if (to_run > 0) {
        text += "; about " + show_seconds(plan.total_to_run.seconds) + ", up to " +
                show_bytes(plan.total_to_run.memory_bytes) + " of memory";
    }
    return text;
}

std::string settings_text(const Trial& trial) {
    std::string text;
    for (const auto& [path, value] : trial.settings) {
        text += (text.empty() ? "" : " ") + path.substr(path.rfind('.') + 1) + "=" + value;
    }
    return text;
}

std::string plan_table(const Plan& plan, std::size_t most) {
    TextTable table({{"trial"},
                     {"pairing"},
                     {"model"},
                     {"target"},
                     {"workload"},
                     {"settings"},
                     {"seed", Align::right},
                     {"time", Align::right},
                     {"memory", Align::right},
                     {"action"},
                     {"reason"}});
    for (std::size_t i = 0; i < std::min(most, plan.trials.size()); ++i) {
        const Trial& trial = plan.trials[i];
        table.add({trial.id.substr(0, short_id), trial.pairing, models_text(trial), trial.target, trial.workload,
                   settings_text(trial), std::to_string(trial.seed), show_seconds(trial.estimate.seconds),
                   show_bytes(trial.estimate.memory_bytes), trial.action == TrialAction::run ? "run" : "skip",
                   trial.reason});
    }
    std::string text = table.text();
    if (plan.trials.size() > most) {
        text += "... and " + std::to_string(plan.trials.size() - most) + " more; --all or --json shows them\n";
    }
    return text;
}

ordered_json plan_json(const PreparedRun& prepared) {
    const Plan& plan = prepared.plan;
    const auto estimate = [](const Estimate& of) {
        return ordered_json{{"seconds", of.seconds}, {"memory_bytes", of.memory_bytes}, {"measured", of.measured}};
    };
    ordered_json trials = ordered_json::array();
    for (const Trial& trial : plan.trials) {
        ordered_json settings = ordered_json::object();
        for (const auto& [path, value] : trial.settings) {
            settings[path] = value;
        }
        trials.push_back({{"id", trial.id},
                          {"pairing", trial.pairing},
                          {"model", trial.model},
                          {"partner", trial.partner},
                          {"target", trial.target},
                          {"workload", trial.workload},
                          {"kind", std::string(workload_kind(trial.job.workload))},
                          {"settings", settings},
                          {"seed", trial.seed},
                          {"timing", trial.timing},
                          {"action", trial.action == TrialAction::run ? "run" : "skip"},
                          {"reason", trial.reason},
                          {"estimate", estimate(trial.estimate)}});
    }
    const std::int64_t to_run = count_to_run(plan);
    return {{"experiment", plan.experiment},
            {"count", plan.trials.size()},
            {"to_run", to_run},
            {"to_skip", static_cast<std::int64_t>(plan.trials.size()) - to_run},
            {"duplicates", plan.duplicates},
            {"left_out", plan.left_out},
            {"estimate", estimate(plan.total_to_run)},
            {"warnings", prepared.warnings},
            {"trials", trials}};
}

}  // namespace tandem::cli
