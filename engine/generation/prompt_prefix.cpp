#include "engine/generation/prompt_prefix.h"

#include <algorithm>

namespace tandem {

bool PromptPrefix::may_keep(std::size_t prompt, const KvCache& cache) const {
    return reuse_ != PrefixReuse::off && cache.can_truncate() &&
           cache.length() >= static_cast<std::int64_t>(held_.size()) &&
           (!cache.depends_on_prompt() || prompt == prompt_);
}

std::int64_t PromptPrefix::begin(std::span<const TokenId> prompt, KvCache& cache) {
    const std::size_t most = std::min(held_.size(), prompt.empty() ? 0 : prompt.size() - 1);
    std::size_t shared = 0;
    if (may_keep(prompt.size(), cache)) {
        while (shared < most && held_[shared] == prompt[shared]) {
            ++shared;
        }
        if (reuse_ == PrefixReuse::exact) {
            shared -= shared % static_cast<std::size_t>(chunk_);
        }
    }
    kept_ = static_cast<std::int64_t>(shared);
    held_.resize(shared);
    prompt_ = prompt.size();
    if (kept_ == 0) {
        cache.clear();
    } else {
        cache.truncate(kept_);
    }
    cache.expect(static_cast<std::int64_t>(prompt.size()));
    return kept_;
}

void PromptPrefix::ran(std::span<const TokenId> tokens) {
    held_.insert(held_.end(), tokens.begin(), tokens.end());
    tokens_run_ += static_cast<std::int64_t>(tokens.size());
}

}  // namespace tandem
