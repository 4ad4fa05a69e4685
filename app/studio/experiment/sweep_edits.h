// A sweep kept whole while what it varies is renamed, changed or removed. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

#include "experiments/spec/spec.h"

namespace tandem::studio {

// Axes whose path begins so, as in "workloads.speed.".
void drop_axes(ExperimentSpec& spec, std::string_view prefix);

// Axes of this pairing whose knob its method does not have.
void drop_foreign_axes(ExperimentSpec& spec, const PairingSpec& pairing);

// A removed model is no value any more, nor is what varied with it.
void drop_swept_model(ExperimentSpec& spec, std::string_view model);

// Exclusions whose path or value the sweep no longer takes.
void drop_idle_exclusions(ExperimentSpec& spec);

// Paths of axes and exclusions that begin so begin with `fresh`.
void rename_axes(ExperimentSpec& spec, std::string_view prefix, std::string_view fresh);

// A model as the value of an axis or exclusion.
void rename_swept_model(ExperimentSpec& spec, std::string_view model, const std::string& fresh);

}  // namespace tandem::studio
