// A plan in the light of what the store knows by now. Thread rule: stateless.
#pragma once

#include <map>
#include <string>

#include "experiments/plan/plan.h"

namespace tandem {

// Another run may have finished some of the plan's trials since it was made: those are skipped, and attempts are
// counted on.
void update_from_history(Plan& plan, const std::map<std::string, TrialHistory>& history);

}  // namespace tandem
