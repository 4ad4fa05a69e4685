#include "app/runner/history.h"

#include <algorithm>

namespace tandem {

void update_from_history(Plan& plan, const std::map<std::string, TrialHistory>& history) {
    Estimate total{.measured = true};
    for (Trial& trial : plan.trials) {
        const auto known = history.find(trial.id);
        if (known != history.end()) {
            trial.first_attempt = known->second.attempts + 1;
            if (known->second.state == TrialState::done && trial.action == TrialAction::run) {
                constexpr std::size_t date = 10;  // of ISO 8601
                trial.action = TrialAction::skip;
                trial.reason = "done on " + known->second.finished_at.substr(0, date);
            }
        }
        if (trial.action == TrialAction::run) {
            total.seconds += trial.estimate.seconds;
            total.memory_bytes = std::max(total.memory_bytes, trial.estimate.memory_bytes);
            total.measured = total.measured && trial.estimate.measured;
        }
    }
    plan.total_to_run = total;
}

}  // namespace tandem
