// The variables of a rendering from JSON, with the order of keys kept. Errors: JSON_BROKEN, JSON_TOO_LARGE,
// JSON_TOO_DEEP, JSON_DUPLICATE_KEY, TEMPLATE_INPUT. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/result.h"
#include "engine/tokenizer/template_value.h"

namespace tandem::jinja {

Result<std::vector<std::pair<std::string, Value>>> read_variables(std::string_view input);

}  // namespace tandem::jinja
