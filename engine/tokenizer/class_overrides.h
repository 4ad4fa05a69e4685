// What a tokenizer's class and tokenizer_config.json change in the tree of a tokenizer.json: only what transformers 4
// and 5 both change, docs/decisions/0010. Thread rule: stateless.
#pragma once

#include "engine/tokenizer/bounded_json.h"
#include "engine/tokenizer/folder_settings.h"

namespace tandem {

// add_prefix_space of a ByteLevel pre-tokenizer for classes in the way of GPT-2; do_lower_case, strip_accents and
// tokenize_chinese_chars of a BertNormalizer for those in the way of BERT. Both only where that part stands alone, not
// in a Sequence. Errors: TOK_CONFIG.
Result<void> apply_class_overrides(const FolderSettings& settings, Json& tree);

}  // namespace tandem
