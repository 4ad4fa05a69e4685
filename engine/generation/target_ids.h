// A target text as token ids, as it is learned and as its probability is asked for. No torch. Errors: TOK_NONE.
// Thread rule: pure.
#pragma once

#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

// The text without what the tokenizer puts around it, behind the first token that the model's configuration forces, and
// before the end of text. TOK_NONE where the tokenizer has no end of text.
Result<std::vector<TokenId>> target_ids(const Tokenizer& tokenizer, const TargetTokens& target, std::string_view text);

}  // namespace tandem
