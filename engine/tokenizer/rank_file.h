// tiktoken's rank files ("qwen.tiktoken": a token in base64 and its rank a line), as the first Qwen's tokenizer reads
// them. Errors: TOK_CONFIG, TOK_BYTES_MISSING, FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/tokenizer/json_reader.h"

namespace tandem {

Result<std::shared_ptr<const Tokenizer>> rank_file_tokenizer(const std::filesystem::path& folder,
                                                             const FolderHints& hints);

}  // namespace tandem
