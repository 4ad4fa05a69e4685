// The small JSON files beside a tokenizer. Errors: JSON_*, FILE_*, TOK_CONFIG. Thread rule: stateless.
#pragma once

#include <filesystem>

#include "engine/tokenizer/bounded_json.h"

namespace tandem {

bool is_there(const std::filesystem::path& path);

// The object in the file, or null where there is no such file.
Result<Json> read_small_json(const std::filesystem::path& path);

}  // namespace tandem
