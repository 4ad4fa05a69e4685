#include "app/studio/run/run_eta.h"

#include <algorithm>

namespace tandem::studio {

void RunEta::start(const Plan& plan) {
    *this = {};
    for (const Trial& trial : plan.trials) {
        if (trial.action == TrialAction::run) {
            left_[trial.id] = trial.estimate.seconds;
        }
    }
}

void RunEta::trial_started(const std::string& id, double now_s) {
    running_[id] = {.since_s = now_s, .fraction = 0};
}

void RunEta::trial_progress(const std::string& id, double fraction, std::optional<double> training_s) {
    if (const auto found = running_.find(id); found != running_.end()) {
        found->second.fraction = std::clamp(fraction, 0.0, 1.0);
        found->second.training_s = training_s;
    }
}

void RunEta::trial_finished(const std::string& id, double now_s) {
    const auto left = left_.find(id);
    const auto running = running_.find(id);
    if (left != left_.end() && running != running_.end()) {
        estimated_s_ += left->second;
        taken_s_ += now_s - running->second.since_s;
    }
    if (left != left_.end()) {
        left_.erase(left);
    }
    if (running != running_.end()) {
        running_.erase(running);
    }
}

std::optional<double> RunEta::remaining_s() const {
    double sum = 0;
    double training = 0;
    for (const auto& [id, seconds] : left_) {
        const auto running = running_.find(id);
        if (running != running_.end() && running->second.training_s) {
            training += *running->second.training_s;
            continue;
        }
        sum += seconds * (running == running_.end() ? 1 : 1 - running->second.fraction);
    }
    if (left_.empty() || sum + training <= 0) {
        return std::nullopt;
    }
    const double scale = estimated_s_ > 0 && taken_s_ > 0 ? taken_s_ / estimated_s_ : 1;
    return sum * scale + training;
}

}  // namespace tandem::studio
