// A large model that guides a small one (LLM-to-SLM) as a system: its answers are those of LlmToSlm::generate().
// Thread rule: as system.h says. Errors: PAIRING_*, TOK_NONE, those of prompts and of generate().
#pragma once

#include <memory>

#include "engine/pairing/llm_to_slm.h"
#include "engine/pairing/system_prompts.h"

namespace tandem {

// Refers to the pairing's models, which must outlive it, and shares the projector's numbers: whoever trains them may
// change them between answers. Null tokenizers (random weights) read and write ids alone.
Result<std::unique_ptr<System>> guided_system(LlmToSlm pairing, std::shared_ptr<const Tokenizer> small,
                                              std::shared_ptr<const Tokenizer> large, const PromptStyle& style);

std::unique_ptr<System> guided_system(LlmToSlm pairing, std::shared_ptr<const SystemPrompts> prompts);

// The room that a prompt and its answer take, known before any weight is read; refused is what could not run.
Result<Positions> guided_positions(const PairingSettings& settings, const ModelShape& small, const ModelShape& large,
                                   const GuidedPrompt& prompt, std::int64_t new_tokens);

// `tokens` random ids for each model, aligned in proportion. Tokenizers say which ids are special, and may be null.
GuidedPrompt synthetic_guided_prompt(std::int64_t tokens, const ModelShape& small, const Tokenizer* small_tokenizer,
                                     const ModelShape& large, const Tokenizer* large_tokenizer, std::uint64_t seed);

}  // namespace tandem
