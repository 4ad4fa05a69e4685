// Do two models mean the same by every id? What speculative decoding asks of its pair. No torch.
// Thread rule: stateless. Errors: PAIRING_VOCABULARY, with the first difference.
#pragma once

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

// Every token that either tokenizer has must be the same bytes in the other. Rows of padding that a model has behind
// its tokens, or among them, are none, whether or not its file names them ("[PAD151700]"). Where a tokenizer is missing
// (null: random weights), the sizes must be equal.
Result<void> check_shared_vocabulary(const ModelShape& large, const Tokenizer* large_tokenizer, const ModelShape& small,
                                     const Tokenizer* small_tokenizer);

}  // namespace tandem
