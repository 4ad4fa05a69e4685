// The run state of a system with one model that writes: its cache. How an answer comes about is the system's.
// Thread rule: that of Session. Errors: OUT_OF_MEMORY, and those of `answer`.
#pragma once

#include <functional>
#include <memory>

#include "engine/pairing/system.h"

namespace tandem {

using AnswerWith =
    std::function<Result<Answer>(const GuidedPrompt& prompt, KvCache& cache, const GenerationRequest& request,
                                 const Clock& clock, GenerationListener& listener, const std::stop_token& stop)>;

// `beside` bytes are counted with the cache and what cross-attention keeps of a source: what a partner has while it
// reads. request.prompt is the writing model's when `answer` is called. `reused` says what Session::reused_tokens() is;
// empty: nothing is.
Result<std::unique_ptr<Session>> writer_session(const AnyLm& writer, const Positions& most, std::int64_t beside,
                                                AnswerWith answer, std::function<std::int64_t()> reused = {});

// System::log_likelihood of `system` by `score`, for what `system` could run. Without autograd.
Result<double> score_target(const System& system, const GuidedPrompt& prompt, std::span<const TokenId> target,
                            const std::function<Result<double>()>& score);

}  // namespace tandem
