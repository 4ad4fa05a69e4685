// An experiment as YAML that reads back as the same experiment: how the form writes. What a text had beside its meaning
// (comments, `base:`, ranges, a prompts file) comes out spelled out. Thread rule: stateless.
#pragma once

#include <string>

#include "experiments/spec/spec.h"

namespace tandem::studio {

std::string write_experiment(const ExperimentSpec& spec);

// `text` as one YAML value: plain where that is surely read as this text, else in quotes.
std::string yaml_text(const std::string& text);

}  // namespace tandem::studio
