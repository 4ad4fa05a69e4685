// ByT5's tokenizer: bytes are tokens, behind pad, end and unknown. There is no vocabulary file.
// Errors: TOK_CONFIG. Thread rule: const, shared freely.
#pragma once

#include <memory>

#include "engine/tokenizer/folder_settings.h"
#include "engine/tokenizer/json_reader.h"

namespace tandem {

Result<std::shared_ptr<const Tokenizer>> byte_tokenizer(const FolderSettings& settings, const FolderHints& hints);

}  // namespace tandem
