// The engine's one door. Loads what the job names, does its workload, tells the observer, returns the report.
// Errors: MODEL_*, GGUF_*, ST_*, TOK_*, DEVICE_*, OUT_OF_MEMORY, CANCELLED. Never throws.
// Thread rule: one job at a time in a process; may be called again after it returned.
#pragma once

#include <stop_token>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

Result<Report> run_job(const Job& job, Observer& observer, std::stop_token stop);

}  // namespace tandem
