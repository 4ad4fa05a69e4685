#include "engine/pairing/writer_session.h"

#include <c10/core/GradMode.h>

#include <utility>

#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

class WriterSession : public Session {
public:
    WriterSession(KvCache cache, std::int64_t beside, AnswerWith answer, std::function<std::int64_t()> reused)
        : cache_(std::move(cache)), beside_(beside), answer_(std::move(answer)), reused_(std::move(reused)) {}

    Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                          GenerationListener& listener, const std::stop_token& stop) override {
        GenerationRequest own = request;
        own.prompt = prompt.small;
        return answer_(prompt, cache_, own, clock, listener, stop);
    }

    std::int64_t reused_tokens() const override { return reused_ ? reused_() : 0; }
    std::int64_t cache_bytes() const override { return cache_.shape().bytes() + beside_; }

private:
    KvCache cache_;
    std::int64_t beside_;
    AnswerWith answer_;
    std::function<std::int64_t()> reused_;
};

}  // namespace

Result<std::unique_ptr<Session>> writer_session(const AnyLm& writer, const Positions& most, std::int64_t beside,
                                                AnswerWith answer, std::function<std::int64_t()> reused) {
    KvCache cache = TANDEM_TRY(KvCache::create(writer.cache_shape(most.cache), writer.model().device()));
    const std::int64_t bytes = beside + writer.cross_bytes(most.source);
    return std::unique_ptr<Session>(
        std::make_unique<WriterSession>(std::move(cache), bytes, std::move(answer), std::move(reused)));
}

Result<double> score_target(const System& system, const GuidedPrompt& prompt, std::span<const TokenId> target,
                            const std::function<Result<double>()>& score) {
    TANDEM_TRY(system.positions(prompt, static_cast<std::int64_t>(target.size())));
    TANDEM_TRY(check_ids(target, system.shape().vocab));
    return translate_torch("score a target", [&]() -> Result<double> {
        const c10::NoGradGuard no_autograd;
        return score();
    });
}

}  // namespace tandem
