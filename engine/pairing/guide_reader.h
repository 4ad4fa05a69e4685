// A guide that reads prompt after prompt and keeps of one what serves the next: of a decoder the KV cache and the
// states of the tokens that both begin with (PromptPrefix says when), of either kind what the last few prompts gave,
// for one that comes again. An encoder sees all of a prompt at each of its tokens, so there a shared beginning saves
// nothing. Thread rule: one thread at a time; refers to its model, which must outlive it. Errors: as Guide::read.
#pragma once

#include <deque>
#include <vector>

#include "engine/generation/prompt_prefix.h"
#include "engine/pairing/guide.h"

namespace tandem {

class GuideReader {
public:
    // Prompts that are remembered whole.
    static constexpr std::size_t remembered = 4;

    // `slots`: most tokens of a prompt; a longer one makes room. `chunk`: of one pass; 0: prefill_chunk_for the model.
    GuideReader(const Guide& guide, PrefixReuse reuse, std::int64_t slots, std::int64_t chunk = 0);

    // As Guide::read.
    std::optional<at::Tensor> read(std::span<const TokenId> ids, const std::stop_token& stop);

    // Of the last prompt, tokens that did not run; of all prompts, those that did.
    std::int64_t reused() const { return reused_; }
    std::int64_t tokens_run() const { return tokens_run_; }
    // Most that it keeps between prompts, with the cache.
    static std::int64_t bytes(const Guide& guide, std::int64_t slots);

private:
    struct Known {
        std::vector<TokenId> ids;
        at::Tensor states;
    };

    std::optional<at::Tensor> read_new(std::span<const TokenId> ids, const std::stop_token& stop);
    std::optional<at::Tensor> read_on(const CausalLm& model, std::span<const TokenId> ids, const std::stop_token& stop);
    void make_room(const CausalLm& model, std::int64_t tokens);

    Guide guide_;
    PrefixReuse reuse_;
    std::int64_t slots_;
    PromptPrefix prefix_;
    std::optional<KvCache> cache_;
    at::Tensor states_;  // f32 [slots, width], those of the tokens that the prefix holds
    std::deque<Known> known_;
    std::int64_t reused_ = 0;
    std::int64_t tokens_run_ = 0;
};

}  // namespace tandem
