// A model's numbers by name, for what is kept between trials: by its sums, and where none is known by its files as they
// are. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/pairing.h"

namespace tandem {

std::string fingerprint(const ModelRef& model);

}  // namespace tandem
