// SentencePiece models as the tokenizer classes of transformers 5.17 read them. The classes take the pieces out of the
// model and ignore most of its own settings (a dummy prefix, white space): what counts is the class.
// Errors: TOK_SENTENCEPIECE, TOK_CONFIG. Thread rule: stateless.
#pragma once

#include "engine/tokenizer/class_build.h"
#include "engine/tokenizer/sentencepiece_file.h"
#include "engine/tokenizer/tokenizer_class.h"

namespace tandem {

// The tree of a tokenizer.json; `hints` gets the tokens at the start and the end.
Result<Json> sentencepiece_tree(TokenizerClass which, const SentencePieceFile& file, const FolderSettings& settings,
                                FolderHints& hints);

}  // namespace tandem
