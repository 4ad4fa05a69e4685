// What is known of a pairing before any weight is read: what its models are, how prompts are made for them, what fits.
// Whatever cannot run is refused here. No weights but a trained projector's. Thread rule: const, shared freely.
// Errors: PAIRING_*, TOK_*, those of inspect_model and of prompts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/pairing/system_prompts.h"

namespace tandem {

struct SystemNote {
    std::string name;
    std::string text;
};

struct PreparedModel {
    ModelRef reference;  // what is loaded: of a trained pairing its own model
    ModelFacts facts;
};

struct PreparedSystem {
    Pairing pairing;  // as declared
    PreparedModel model;
    std::optional<PreparedModel> partner;
    PairingSettings settings;      // llm-to-slm: those of the trained pairing where there is one
    std::int64_t soft_tokens = 0;  // prompt-tuning: those of the trained one where there is one
    std::shared_ptr<const SystemPrompts> prompts;
    std::vector<SystemNote> notes;

    // A large model guides, with prompts of its own; a drafting one reads those of the other.
    bool guides() const { return pairing.method == PairingMethod::llm_to_slm; }
    // As System has them.
    GuidedPrompt synthetic(std::int64_t tokens, std::uint64_t seed) const;
    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const;
    // The system to be loaded reads and writes ids alone, and its memory is that of its models.
    void forget_tokenizers();
};

// For texts every model that reads prompts must have a tokenizer.
Result<PreparedSystem> prepare_system(const Pairing& pairing, const PromptStyle& style);
// For ids alone: a tokenizer that cannot be read is a note (tokenizer_unreadable), of random weights there is none.
Result<PreparedSystem> prepare_system_of_ids(const Pairing& pairing);

}  // namespace tandem
