// One prompt as both models of a pairing read it: each with its own tokenizer and template, aligned by the prompt's
// bytes. No torch. Thread rule: stateless. Errors: those of PromptEncoder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generation/prompt.h"
#include "engine/pairing/alignment.h"

namespace tandem {

struct GuidedPrompt {
    std::vector<TokenId> small;
    std::vector<TokenId> large;
    std::vector<PositionRange> alignment;  // of each of `small` into `large`; empty where the settings do not align
};

// Text around the prompt of one of the models ("summarize: "), within its chat template if it has one.
struct PromptFrame {
    std::string before;
    std::string after;
};

Result<GuidedPrompt> guided_prompt(const PromptEncoder& small, const PromptEncoder& large, std::string_view prompt,
                                   const PromptFrame& small_frame = {}, const PromptFrame& large_frame = {});

// Most tokens that the large model reads.
std::int64_t longest_for_guide(std::span<const GuidedPrompt* const> prompts);

}  // namespace tandem
