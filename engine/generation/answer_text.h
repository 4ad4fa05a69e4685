// The text of an answer as its tokens come: whole characters only, special tokens left out, cut before a stop string.
// Errors: OPTION_STOP. Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/generation/stop_text.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class AnswerText {
public:
    // Without a tokenizer (null) every text is empty; stop strings cannot be met then and are refused.
    static Result<AnswerText> create(std::shared_ptr<const Tokenizer> tokenizer, const std::vector<std::string>& stops);

    // What may be shown now that this token is there.
    std::string push(TokenId id);
    // What was held back, once no token follows.
    std::string finish();
    bool stopped() const { return stop_.hit(); }

private:
    AnswerText(std::shared_ptr<const Tokenizer> tokenizer, std::vector<std::string> stops);

    std::optional<StreamDecoder> decoder_;
    StopText stop_;
};

}  // namespace tandem
