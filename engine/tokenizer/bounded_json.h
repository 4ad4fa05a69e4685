// JSON from files nobody vouches for, as a tree with bounds. Errors: JSON_TOO_LARGE, JSON_TOO_DEEP,
// JSON_DUPLICATE_KEY, JSON_BROKEN (with the byte). Thread rule: stateless.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

using Json = nlohmann::json;

struct JsonBounds {
    std::size_t bytes = 64U << 20;  // Gemma's tokenizer.json has 33 MB
    std::size_t values = 4U << 20;  // and 1.8 million values
    std::size_t depth = 64;
};

Result<Json> parse_bounded_json(std::string_view text, const std::string& origin, const JsonBounds& bounds = {});

// The value as a message may show it.
std::string shown(const Json& value);

}  // namespace tandem
