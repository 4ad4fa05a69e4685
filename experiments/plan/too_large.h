// The trials of a plan that need more memory than they may have: collected, then refused together, so that a file is
// put right once. Errors: PLAN_TOO_LARGE_FOR_TARGET. Thread rule: one thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "experiments/plan/estimate.h"
#include "experiments/plan/plan.h"

namespace tandem {

class TooLarge {
public:
    // Notes the trial if it is too large for its own limit or for the machine. Those that differ in nothing that is
    // said of them are noted once.
    void check(const Trial& trial, const MemoryNeed& need, const MachineFacts& machine);

    // Names the first of them, and how many more there are. Nothing if all trials fit.
    std::optional<Error> refusal(const std::string& experiment) const;

private:
    std::vector<std::string> lines_;
    std::set<std::string> seen_;
};

}  // namespace tandem
