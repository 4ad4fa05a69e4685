// What the methods of a pairing declare: the words for their models, and their knobs. One place for the reader, sweeps,
// the schema and whoever writes an experiment. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/scalar.h"
#include "experiments/spec/spec.h"

namespace tandem {

// The key of PairingSpec::model: an llm-to-slm's small model, which writes; a speculative pairing's large one, whose
// answer it is.
constexpr std::string_view model_key(PairingMethod method) {
    return method == PairingMethod::llm_to_slm ? "slm" : method == PairingMethod::speculative ? "llm" : "model";
}

// The key of PairingSpec::partner; empty where there is none.
constexpr std::string_view partner_key(PairingMethod method) {
    return method == PairingMethod::llm_to_slm ? "llm" : method == PairingMethod::speculative ? "slm" : "";
}

// All keys of a pairing of this method.
std::vector<std::string> pairing_keys(PairingMethod method);

// What a sweep can vary: models and knobs that hold one value.
bool has_pairing_knob(PairingMethod method, std::string_view knob);
bool names_model(PairingMethod method, std::string_view knob);
MaybeFault set_pairing_knob(PairingSpec& pairing, std::string_view knob, Scalar value, bool checked);
std::string pairing_value(const PairingSpec& pairing, std::string_view knob);

// What no single knob can say of itself. Path-less: the fault names the knob.
MaybeFault check_pairing(const PairingSpec& pairing);

// Whether the workload means something for a pairing of this method: one model has logits and vectors of its own, and
// two that draft and verify have nothing to learn.
bool can_run(PairingMethod method, const Workload& workload);

// Whether the workload is run with this pairing: those it names, or all that can.
bool is_for(const WorkloadSpec& workload, const PairingSpec& pairing);

}  // namespace tandem
