#include "engine/generation/answer_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tandem {

Result<AnswerWriter> AnswerWriter::create(const TargetTokens& rules, const GenerationRequest& request,
                                          const std::shared_ptr<const Tokenizer>& tokenizer,
                                          GenerationListener& listener) {
    AnswerText text = TANDEM_TRY(AnswerText::create(tokenizer, request.options.stop));
    return AnswerWriter(rules, request, std::move(text), listener);
}

bool AnswerWriter::is_end(TokenId id) const {
    return !request_->options.ignore_eos && std::ranges::find(request_->end_ids, id) != request_->end_ids.end();
}

std::optional<TokenId> AnswerWriter::forced(std::int64_t index) const {
    const bool is_last = index + 1 >= request_->options.max_new_tokens;
    if (is_last && rules_->forced_last >= 0 && !request_->options.ignore_eos) {
        return static_cast<TokenId>(rules_->forced_last);
    }
    if (index == 0 && rules_->forced_first >= 0) {
        return static_cast<TokenId>(rules_->forced_first);
    }
    return std::nullopt;
}

void AnswerWriter::forbid(std::span<float> logits) const {
    for (const std::int64_t id : rules_->never) {
        if (static_cast<std::size_t>(id) < logits.size()) {
            logits[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
        }
    }
}

std::optional<StopReason> AnswerWriter::take(TokenId id, std::int64_t time_ns) {
    const std::int64_t index = answered();
    const bool at_end = is_end(id);
    const bool at_length = index + 1 >= request_->options.max_new_tokens;
    std::string text = at_end ? std::string() : text_.push(id);
    if (at_end || at_length) {
        text += text_.finish();
    }
    answer_.tokens.push_back(id);
    answer_.text += text;
    listener_->token({.id = id, .index = index, .time_ns = time_ns, .text = std::move(text)});
    if (text_.stopped()) {
        return StopReason::stop;
    }
    return at_end ? std::optional(StopReason::eos) : at_length ? std::optional(StopReason::length) : std::nullopt;
}

Answer AnswerWriter::finish(StopReason reason) {
    if (reason == StopReason::cancelled) {
        answer_.text += text_.finish();
    }
    answer_.reason = reason;
    return std::move(answer_);
}

}  // namespace tandem
