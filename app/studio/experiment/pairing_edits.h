// What the form does to pairings, so that the experiment stays whole: workloads and sweeps that name a pairing follow
// its name, and lose with it what it loses. Names are values, as they may be those that change. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <string>

#include "experiments/spec/spec.h"

namespace tandem::studio {

// Of the first models there are; a method of two takes the first as the large one. At the end of the list.
void add_pairing(ExperimentSpec& spec, PairingMethod method);
void duplicate_pairing(ExperimentSpec& spec, std::size_t row);  // right behind its original

// A workload that was for this pairing alone has nothing left to run with and goes too; the last workload stays, for
// all pairings.
void remove_pairing(ExperimentSpec& spec, std::string name);
void rename_pairing(ExperimentSpec& spec, std::string name, const std::string& fresh);

// The models keep their parts as far as both methods have them; knobs, and sweeps over them, are dropped.
void set_method(ExperimentSpec& spec, std::string name, PairingMethod method);

// The model behind the word `model`, `llm` or `slm`.
std::string& model_at(PairingSpec& pairing, std::string_view key);
const std::string& model_at(const PairingSpec& pairing, std::string_view key);
// The words for a method's models, the large one first.
std::vector<std::string> model_words(PairingMethod method);

}  // namespace tandem::studio
