// A model alone as a system: its answers are those of generate(). Thread rule: as system.h says. Errors:
// PAIRING_PROMPT, TOK_NONE, those of prompts and of generate().
#pragma once

#include <memory>

#include "engine/pairing/system_prompts.h"

namespace tandem {

// Refers to the model, which must outlive it; whoever trains it may change its numbers between answers. A null
// tokenizer (random weights) reads and writes ids alone.
Result<std::unique_ptr<System>> single_system(AnyLm model, std::shared_ptr<const Tokenizer> tokenizer,
                                              const PromptStyle& style);

std::unique_ptr<System> single_system(AnyLm model, std::shared_ptr<const SystemPrompts> prompts);

// The room that a prompt and its answer take in a model alone, known before any weight is read; refused is what could
// not run.
Result<Positions> single_positions(const ModelShape& shape, const GuidedPrompt& prompt, std::int64_t new_tokens);

// `tokens` random ids. The tokenizer says which ids are special, and may be null.
GuidedPrompt synthetic_single_prompt(std::int64_t tokens, const ModelShape& shape, const Tokenizer* tokenizer,
                                     std::uint64_t seed);

}  // namespace tandem
