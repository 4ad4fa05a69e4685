// Tokenizers from the files of their own classes, where there is no tokenizer.json, or one that the class does not
// read. Errors: TOK_*, JSON_*, FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/tokenizer/json_reader.h"

namespace tandem {

// Whether the folder's class reads its own files even beside a tokenizer.json.
Result<bool> needs_own_files(const std::filesystem::path& folder);

// The names of the files that the folder's vocabulary is read from: "vocab.json + merges.txt".
Result<std::string> tokenizer_files(const std::filesystem::path& folder);

Result<std::shared_ptr<const Tokenizer>> open_own_files(const std::filesystem::path& folder, FolderHints hints);

}  // namespace tandem
