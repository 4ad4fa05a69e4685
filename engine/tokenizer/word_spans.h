// Which bytes of a word each of its token ids stands for, found by laying the tokens' own texts along the word again.
// Thread rule: stateless.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_span.h"
#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

// Appends a span into `word` for each id. An unknown token has what stands up to the next known one; one of several
// neighbours has a character each. Bytes that the model drops belong to no token.
void append_word_spans(std::string_view word, std::span<const TokenId> ids, const Vocabulary& vocabulary,
                       const WordSpelling& spelling, std::vector<ByteSpan>& spans);

}  // namespace tandem
