// Answers of a large model that trials learn instead of the targets of their data (labels llm): whose they are, and
// which trials share them. Errors: SPEC_CONFLICT. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "experiments/spec/scalar.h"
#include "experiments/spec/spec.h"

namespace tandem {

// The model's name; empty where the targets of the data are learned, or where there is none.
std::string labeller_of(const PairingSpec& pairing, const Workload& workload);

// To name whose the labels are and learn the targets is a mistake. Path-less: the fault names the knob.
MaybeFault check_labels(const Workload& workload);

// The same for trials that learn the same answers, which are written once. Of a job that learns a labeller's.
std::string label_set(const Job& job, const ModelFacts& labeller);

}  // namespace tandem
