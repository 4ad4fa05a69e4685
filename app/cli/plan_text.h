// A plan as text and as JSON. Thread rule: stateless.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/runner/runner.h"

namespace tandem::cli {

// "12 trials: 10 to run, 2 done before; about 3 m 20 s, up to 1.2 GiB of memory".
std::string plan_summary(const Plan& plan);
// The settings that a trial's sweep gives it, as in "dtype=f32 prompt_tokens=64".
std::string settings_text(const Trial& trial);
// One row a trial, at most `most` of them.
std::string plan_table(const Plan& plan, std::size_t most);
nlohmann::ordered_json plan_json(const PreparedRun& prepared);

}  // namespace tandem::cli
