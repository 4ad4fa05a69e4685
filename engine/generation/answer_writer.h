// One answer as it is written, however its tokens are found: what the rules of targets (TargetTokens) force and forbid,
// each chosen token with its text to the listener, and whether a stop rule holds. Errors: OPTION_STOP.
// Thread rule: one thread at a time; request and listener must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/generation/answer_text.h"
#include "engine/generation/generate.h"

namespace tandem {

class AnswerWriter {
public:
    static Result<AnswerWriter> create(const TargetTokens& rules, const GenerationRequest& request,
                                       const std::shared_ptr<const Tokenizer>& tokenizer, GenerationListener& listener);

    const std::vector<TokenId>& tokens() const { return answer_.tokens; }
    std::int64_t answered() const { return static_cast<std::int64_t>(answer_.tokens.size()); }

    bool is_end(TokenId id) const;
    // The only token that may stand at place `index` of the answer, where the rules name one.
    std::optional<TokenId> forced(std::int64_t index) const;
    // Minus infinity for what may never be chosen.
    void forbid(std::span<float> logits) const;

    // Adds a chosen token, tells the listener and says whether a stop rule holds.
    std::optional<StopReason> take(TokenId id, std::int64_t time_ns);
    // The whole answer; of a cancelled one with the text that was held back.
    Answer finish(StopReason reason);

private:
    AnswerWriter(const TargetTokens& rules, const GenerationRequest& request, AnswerText text,
                 GenerationListener& listener)
        : rules_(&rules), request_(&request), text_(std::move(text)), listener_(&listener) {}

    const TargetTokens* rules_;
    const GenerationRequest* request_;
    AnswerText text_;
    GenerationListener* listener_;
    Answer answer_;
};

}  // namespace tandem
