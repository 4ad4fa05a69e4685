// Tokenizers that keep a SentencePiece model and a vocabulary of their own beside it: M2M-100 (vocab.json,
// sentencepiece.bpe.model) and Marian (vocab.json, source.spm, target.spm). The model cuts texts into pieces, the
// vocabulary numbers them. Errors: TOK_*, JSON_*, FILE_*. Thread rule: const, shared freely.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/tokenizer/folder_settings.h"
#include "engine/tokenizer/json_reader.h"

namespace tandem {

Result<std::shared_ptr<const Tokenizer>> m2m100_tokenizer(const std::filesystem::path& folder,
                                                          const FolderSettings& settings, const FolderHints& hints);
Result<std::shared_ptr<const Tokenizer>> marian_tokenizer(const std::filesystem::path& folder,
                                                          const FolderSettings& settings, const FolderHints& hints);

}  // namespace tandem
