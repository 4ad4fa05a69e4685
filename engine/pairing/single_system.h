// A model alone as a system: its answers are those of generate(). Thread rule: as system.h says. Errors:
// PAIRING_PROMPT, TOK_NONE, those of prompts and of generate().
#pragma once

#include <memory>

#include "engine/pairing/system.h"

namespace tandem {

// Refers to the model, which must outlive it; whoever trains it may change its numbers between answers. A null
// tokenizer (random weights) reads and writes ids alone.
Result<std::unique_ptr<System>> single_system(AnyLm model, std::shared_ptr<const Tokenizer> tokenizer,
                                              const PromptStyle& style);

// The room that a prompt of so many tokens and its answer take in a model alone; refused is what could not run.
Result<Positions> single_positions(const ModelShape& shape, std::int64_t prompt, std::int64_t new_tokens);

}  // namespace tandem
