// Speculative decoding as a system: the answers, prompts and likelihoods are those of the large model alone, in fewer
// passes of it. Thread rule: as system.h says. Errors: PAIRING_VOCABULARY, those of speculative.h and of
// single_system.h.
#pragma once

#include <memory>

#include "engine/generation/speculative.h"
#include "engine/pairing/system_prompts.h"

namespace tandem {

// Refers to both models, which must outlive it. Prompts are made with the large model's tokenizer and template. Null
// tokenizers are those of models of random weights.
Result<std::unique_ptr<System>> speculative_system(const SpeculativePair& pair,
                                                   const std::shared_ptr<const Tokenizer>& large,
                                                   const std::shared_ptr<const Tokenizer>& small,
                                                   const PromptStyle& style);

// The same for vocabularies that were checked before: `prompts` are the large model's alone.
Result<std::unique_ptr<System>> speculative_system(const SpeculativePair& pair,
                                                   std::shared_ptr<const SystemPrompts> prompts);

// The room that a prompt and its answer take, given that in the large model alone: both caches have as many slots.
// Known before any weight is read; refused is what could not run.
Result<Positions> speculative_positions(Positions alone, const ModelShape& small, const GuidedPrompt& prompt,
                                        std::int64_t new_tokens);

}  // namespace tandem
