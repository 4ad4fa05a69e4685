// The workload that computes nothing: sends the observations asked for, so that Tandem's own cost can be measured. No
// torch. Errors: CANCELLED. Thread rule: as run_job.
#pragma once

#include <stop_token>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

Result<Report> run_null(const NullWorkload& workload, Observer& observer, std::stop_token stop);

}  // namespace tandem
