#include "experiments/execute/schedule.h"

#include <algorithm>

#include "experiments/plan/estimate.h"

namespace tandem {

Schedule::Schedule(const Plan& plan, ScheduleLimits limits) : limits_(limits) {
    limits_.parallel = std::max<std::int64_t>(limits_.parallel, 1);
    limits_.cores = std::max<std::int64_t>(limits_.cores, 1);
    for (const Trial& trial : plan.trials) {
        if (trial.action == TrialAction::run) {
            queue_.push_back({&trial, trial.first_attempt});
        }
    }
}

// A trial that takes "all cores" shares them with the others that were asked to run beside it.
std::int64_t Schedule::cores_of(const Trial& trial) const {
    const std::int64_t named = trial.job.device.threads;
    return named > 0 ? std::min(named, limits_.cores) : std::max<std::int64_t>(limits_.cores / limits_.parallel, 1);
}

std::optional<Schedule::Blocked> Schedule::blocked() const {
    if (queue_.empty()) {
        return std::nullopt;
    }
    const Trial& trial = *queue_.front().trial;
    std::int64_t memory = 0;
    std::int64_t cores = 0;
    bool timing = false;
    for (const auto& [other, ticket] : running_) {
        memory += other->estimate.memory_bytes;
        cores += cores_of(*other);
        timing = timing || other->timing;
    }
    if (timing) {
        return Blocked{};
    }
    if (trial.timing && !running_.empty()) {
        return Blocked{"it measures time and runs alone; " + std::to_string(running_.size()) + " still running"};
    }
    if (static_cast<std::int64_t>(running_.size()) >= limits_.parallel) {
        return Blocked{};
    }
    const std::int64_t free = std::max<std::int64_t>(limits_.memory_bytes - memory, 0);
    if (trial.estimate.memory_bytes > free) {
        return Blocked{show_bytes(trial.estimate.memory_bytes) + " needed, " + show_bytes(free) + " free",
                       running_.empty()};
    }
    const std::int64_t needed = cores_of(trial);
    if (!running_.empty() && needed > limits_.cores - cores) {
        return Blocked{std::to_string(needed) + " cores needed, " +
                       std::to_string(std::max<std::int64_t>(limits_.cores - cores, 0)) + " of " +
                       std::to_string(limits_.cores) + " free"};
    }
    return std::nullopt;
}

Ticket Schedule::begin() {
    const Ticket ticket = queue_.front();
    queue_.pop_front();
    running_.emplace(ticket.trial, ticket);
    return ticket;
}

void Schedule::end(const Ticket& ticket) {
    running_.erase(ticket.trial);
}

void Schedule::again(Ticket ticket) {
    ++ticket.attempt;
    queue_.push_front(ticket);
}

}  // namespace tandem
