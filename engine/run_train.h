// The workload train: a pairing learns a data file's pairs, its best step is kept and written, and then it is evaluated
// as the workload evaluate does. A run that was interrupted goes on from its last checkpoint. Errors: those of
// run_train_plan.h, run_train_models.h, trainer.h and run_answers.h. Thread rule: the job's thread.
#pragma once

#include <stop_token>
#include <string>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

Result<Report> run_train(const Job& job, const TrainWorkload& workload, Observer& observer, std::stop_token stop);

// "about 4 min left"
std::string time_left(double seconds);

}  // namespace tandem
