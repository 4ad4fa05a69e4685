// How one model of a system reads texts: its tokenizer, its chat template, and what stands around a text.
// Thread rule: const, shared freely. Errors: TOK_NONE, PAIRING_PROMPT, those of the template.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/pairing/system.h"

namespace tandem {

struct PromptReader {
    std::shared_ptr<const Tokenizer> tokenizer;  // null: a model of random weights, which reads no text
    std::optional<PromptEncoder> encoder;        // there as the tokenizer is

    // TOK_NONE without a tokenizer; `whose` names the model: "the large model".
    Result<const PromptEncoder*> reads(std::string_view whose) const;
};

Result<PromptReader> prompt_reader(std::shared_ptr<const Tokenizer> tokenizer, const PromptStyle& style);

// "summarize: {source}" by its place "{source}", which must stand in it once.
Result<PromptFrame> prompt_frame(std::string_view format, std::string_view place);

}  // namespace tandem
