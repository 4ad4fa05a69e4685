// When a batch will be done: the plan's estimates, corrected by how long finished trials really took. Thread rule: one
// thread at a time; time is passed in.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "experiments/plan/plan.h"

namespace tandem::studio {

class RunEta {
public:
    void start(const Plan& plan);
    bool is_running(const std::string& id) const { return running_.contains(id); }
    void trial_started(const std::string& id, double now_s);
    // `training_s`: what a trial that trains says of itself, which is taken instead of the estimate.
    void trial_progress(const std::string& id, double fraction, std::optional<double> training_s = std::nullopt);
    void trial_finished(const std::string& id, double now_s);
    // Nothing until something is known: no trial left, or no estimate.
    std::optional<double> remaining_s() const;

private:
    struct Running {
        double since_s = 0;
        double fraction = 0;
        std::optional<double> training_s = std::nullopt;
    };
    std::map<std::string, double> left_;  // estimated seconds of trials not finished
    std::map<std::string, Running> running_;
    double estimated_s_ = 0;  // of finished trials
    double taken_s_ = 0;
};

}  // namespace tandem::studio
