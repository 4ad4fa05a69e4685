// Speculative decoding (Leviathan et al. 2023, arXiv 2211.17192): a small model drafts the next tokens one by one, the
// large one looks at all of them in a single pass and keeps those that it would have chosen itself. The answer is the
// large model's own: greedy the same tokens, sampled the same distribution, with every option of the sampler.
// Thread rule: one call at a time on its caches. Errors: PAIRING_KINDS, PAIRING_REWIND, OPTION_RANGE, those of
// generate() for either model.
#pragma once

#include <cstdint>

#include "engine/generation/generate.h"

namespace tandem {

struct SpeculativePair {
    AnyLm large;  // whose answer it is
    AnyLm small;  // which drafts
    // Tokens that are drafted for a pass, 1 ... 1024. Fewer before the answer's greatest length, and behind an end of
    // text none.
    std::int64_t draft_tokens = 5;
};

// Models of one kind, whose caches can be taken back; of one vocabulary, but that either may have more ids that are no
// tokens (those of the large model alone are never drafted).
Result<void> check_speculative(const SpeculativePair& pair);
// What of it is known before the models are loaded.
Result<void> check_draft_kind(const ModelShape& large, const ModelShape& small);

// check_context for the model that drafts.
Result<void> check_draft_context(std::int64_t prompt, std::int64_t answer, const ModelShape& small);

// generate() of pair.large, with tokens that come several at a time. Both caches are cleared, and each must have the
// slots that generate() would need. The answer says how many tokens were drafted and how many of them accepted.
// Cancelling takes effect between the passes of either model.
Result<Answer> generate_speculative(const SpeculativePair& pair, KvCache& large_cache, KvCache& small_cache,
                                    const GenerationRequest& request, const std::shared_ptr<const Tokenizer>& tokenizer,
                                    const Clock& clock, GenerationListener& listener, const std::stop_token& stop);

}  // namespace tandem
