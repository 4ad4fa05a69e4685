// A model behind a soft prompt as a system. Thread rule: as system.h says. Errors: those of prompts and of generate().
#pragma once

#include <memory>

#include "engine/pairing/soft_prompt.h"
#include "engine/pairing/system_prompts.h"

namespace tandem {

// Refers to the soft prompt's model, which must outlive it, and shares the vectors' numbers.
std::unique_ptr<System> soft_prompt_system(SoftPrompt soft, std::shared_ptr<const SystemPrompts> prompts);

// The room that a prompt behind `soft_tokens` vectors and its answer take, known before any weight is read.
Result<Positions> soft_prompt_positions(const ModelShape& shape, std::int64_t soft_tokens, const GuidedPrompt& prompt,
                                        std::int64_t new_tokens);

}  // namespace tandem
