// What is said of a model of a family that this version does not compute. Thread rule: stateless.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

// MODEL_UNKNOWN_FAMILY. Of a family that is known and not computed: why, and what is nearest to it. Of another: up to
// three of `families` whose spelling is near, if any is. Where the list of all of them stands is always said.
Error unknown_family(std::string_view found, std::span<const std::string> families, const std::string& origin);

}  // namespace tandem
