#include "engine/generation/answer_text.h"

#include <utility>

namespace tandem {

AnswerText::AnswerText(std::shared_ptr<const Tokenizer> tokenizer, std::vector<std::string> stops)
    : stop_(std::move(stops)) {
    if (tokenizer) {
        decoder_.emplace(std::move(tokenizer));
    }
}

Result<AnswerText> AnswerText::create(std::shared_ptr<const Tokenizer> tokenizer,
                                      const std::vector<std::string>& stops) {
    if (!tokenizer && !stops.empty()) {
        return Error{.code = "OPTION_STOP",
                     .message = "stop strings need a tokenizer, and this model has none; nothing was run"};
    }
    for (const std::string& stop : stops) {
        if (stop.empty()) {
            return Error{.code = "OPTION_STOP",
                         .message =
                             "a stop string is empty, which would end every answer before it begins; "
                             "nothing was run"};
        }
    }
    return AnswerText(std::move(tokenizer), stops);
}

std::string AnswerText::push(TokenId id) {
    return decoder_ ? stop_.push(decoder_->push(id)) : std::string();
}

std::string AnswerText::finish() {
    if (!decoder_) {
        return {};
    }
    std::string text = stop_.push(decoder_->finish());
    return stop_.hit() ? text : text + stop_.finish();
}

}  // namespace tandem
