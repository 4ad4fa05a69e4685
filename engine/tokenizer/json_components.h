// The parts of tokenizer.json around the model: normalizer, pre_tokenizer, post_processor, decoder. A part that is not
// supported is refused with what was found and what is supported. Errors: TOK_CONFIG. Thread rule: stateless.
#pragma once

#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {

Result<Normaliser> read_normaliser(const Json& value, const std::string& origin);

struct PreTokeniserReading {
    std::vector<SplitStep> splits;
    std::string names;  // for messages: "Digits, ByteLevel"
};
Result<PreTokeniserReading> read_pre_tokeniser(const Json& value, const std::string& origin);

Result<Decoder> read_decoder(const Json& value, const std::string& origin);

// Fills `before` and `after`; every token must be in `vocabulary` with the id the file gives.
Result<void> read_post_processor(const Json& value, const Vocabulary& vocabulary, std::vector<TokenId>& before,
                                 std::vector<TokenId>& after);

// GPT-2's expression, which ByteLevel splits by.
extern const char* const gpt2_expression;

}  // namespace tandem
