// What a KV cache still holds of the prompt before, of which the next prompt runs only what is new. Nothing is kept,
// and the prompt runs whole, where that would compute something else: recurrent states, which have no way back, and
// families that compute by the length of a prompt, between prompts of different lengths.
//
// With PrefixReuse::exact only whole passes are kept, so that the rest is cut as in a whole prompt and every number is
// the same bit for bit. With `longest` all shared tokens are kept; the passes behind them have other widths, which
// changes sums in their last bits. Thread rule: one thread at a time, with its cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/api/prefix_reuse.h"
#include "engine/nn/kv_cache.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class PromptPrefix {
public:
    // `chunk`: tokens of one pass over a prompt.
    PromptPrefix(PrefixReuse reuse, std::int64_t chunk) : reuse_(reuse), chunk_(chunk) {}

    std::int64_t chunk() const { return chunk_; }

    // Takes the cache back to what `prompt` shares with what ran() was told of it, so that at least one token is left,
    // and expects the prompt. Returns how many tokens need not run. Nobody else may clear the cache; what was added
    // behind the prompt is forgotten.
    std::int64_t begin(std::span<const TokenId> prompt, KvCache& cache);
    // A pass over the prompt's next tokens was made.
    void ran(std::span<const TokenId> tokens);

    // Of the last prompt, and of all of them.
    std::int64_t kept() const { return kept_; }
    std::int64_t tokens_run() const { return tokens_run_; }

private:
    bool may_keep(std::size_t prompt, const KvCache& cache) const;

    PrefixReuse reuse_;
    std::int64_t chunk_;
    std::vector<TokenId> held_;  // the cache's first tokens
    std::size_t prompt_ = 0;     // tokens of the prompt they are of
    std::int64_t kept_ = 0;
    std::int64_t tokens_run_ = 0;
};

}  // namespace tandem
