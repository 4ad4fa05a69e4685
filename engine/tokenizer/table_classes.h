// Vocabularies in plain tables, as the tokenizer classes of transformers 5.17 read them: byte-level BPE in vocab.json
// and merges.txt (GPT-2, OPT, RoBERTa, BART, GPT-NeoX, Qwen2), WordPiece in vocab.txt (BERT).
// Errors: TOK_CONFIG, JSON_*, FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>

#include "engine/tokenizer/class_build.h"
#include "engine/tokenizer/tokenizer_class.h"

namespace tandem {

// The tree of a tokenizer.json; `hints` gets the tokens at the start and the end.
Result<Json> merges_tree(TokenizerClass which, const std::filesystem::path& folder, const FolderSettings& settings,
                         FolderHints& hints);
Result<Json> wordpiece_tree(const std::filesystem::path& folder, const FolderSettings& settings, FolderHints& hints);

}  // namespace tandem
