// What a pairing and a workload, or a pairing and what its models are, cannot be together. Thread rule: stateless.
#pragma once

#include "engine/api/model_facts.h"
#include "experiments/spec/scalar.h"
#include "experiments/spec/spec.h"

namespace tandem {

// Path-less faults, which name the knob: SPEC_CONFLICT. `model` is the one that writes.
MaybeFault check_together(const PairingSpec& pairing, const Workload& workload, const ModelFacts& model);

}  // namespace tandem
