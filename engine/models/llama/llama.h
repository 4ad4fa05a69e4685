// The Llama family (Touvron et al. 2023; Grattafiori et al. 2024): SmolLM, TinyLlama, Llama 3 and everything that its
// configuration describes. Thread rule: const after load, shared freely.
#pragma once

#include "engine/models/registry.h"

namespace tandem::llama {

Result<std::shared_ptr<const CausalLm>> load(const FamilyLoad& load);

}  // namespace tandem::llama
