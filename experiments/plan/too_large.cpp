#include "experiments/plan/too_large.h"

#include <algorithm>
#include <utility>

namespace tandem {

void TooLarge::check(const Trial& trial, const MemoryNeed& need, const MachineFacts& machine) {
    const std::int64_t limit = trial.job.device.memory_limit_bytes;
    std::string allowed;
    if (limit > 0 && need.total() > limit) {
        allowed = "its memory_limit_bytes is " + show_bytes(limit);
    } else if (machine.memory_bytes > 0 && need.total() > machine.memory_bytes) {
        allowed = "the machine has " + show_bytes(machine.memory_bytes);
    } else {
        return;
    }
    const std::string models = trial.model + (trial.partner.empty() ? "" : " with " + trial.partner);
    std::string line = models + " as " + std::string(enum_name(trial.job.load.dtype)) + " in workload " +
                       trial.workload + " on target " + trial.target + " needs " + need.to_string() + "; " + allowed;
    if (seen_.insert(line).second) {
        lines_.push_back(std::move(line));
    }
}

std::optional<Error> TooLarge::refusal(const std::string& experiment) const {
    if (lines_.empty()) {
        return std::nullopt;
    }
    constexpr std::size_t most_shown = 20;
    std::string message = lines_.front();
    for (std::size_t i = 1; i < std::min(lines_.size(), most_shown); ++i) {
        message += "\n" + lines_[i];
    }
    if (lines_.size() > most_shown) {
        message += "\n... and " + std::to_string(lines_.size() - most_shown) + " more";
    }
    return Error{.code = "PLAN_TOO_LARGE_FOR_TARGET",
                 .message = message + "\nNothing was run; exclude these trials or choose a smaller dtype",
                 .where = experiment};
}

}  // namespace tandem
