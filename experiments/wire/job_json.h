// Jobs, observations and reports as JSON, driven by the one declaration of each options struct (engine/api/field.h).
// Errors: WIRE_MESSAGE with the key; unknown keys are refused, missing ones take their default. Thread rule: stateless.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

nlohmann::json job_to_json(const Job& job);
Result<Job> job_from_json(const nlohmann::json& json);
nlohmann::json report_to_json(const Report& report);
Result<Report> report_from_json(const nlohmann::json& json);
nlohmann::json error_to_json(const Error& error);
Error error_from_json(const nlohmann::json& json);

// The same job for identity: no location, no names, no knobs that cannot change the result; keys sorted, compact.
std::string job_identity_json(const Job& job);

}  // namespace tandem
