// A folder's tokenizer as a GGUF's metadata. What is returned was read back and gives the same ids as the folder's own
// on texts of many scripts; a tokenizer of which that cannot be said is refused. Errors: CONVERT_TOKENIZER, and those
// of the tokenizer. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/gguf_entry.h"

namespace tandem {

// `vocabulary` is the number of rows of the embedding; tokens are filled up to it.
Result<std::vector<GgufEntry>> tokenizer_entries(const std::filesystem::path& folder, std::int64_t vocabulary);

// Sampling defaults of generation_config.json; empty where there are none.
std::vector<GgufEntry> sampling_entries(const std::filesystem::path& folder);

}  // namespace tandem
