#include "engine/generation/prompt.h"

#include <algorithm>
#include <utility>

#include "engine/generation/random.h"

namespace tandem {

PromptEncoder::PromptEncoder(std::shared_ptr<const Tokenizer> tokenizer, std::string system)
    : tokenizer_(std::move(tokenizer)), system_(std::move(system)) {
    const auto text_of = [this](std::optional<TokenId> id) { return id ? tokenizer_->piece(*id) : std::string(); };
    variables_ = {.add_generation_prompt = true,
                  .bos_token = text_of(tokenizer_->bos()),
                  .eos_token = text_of(tokenizer_->eos()),
                  .tokens = tokenizer_->chat_parts().tokens};
}

Result<PromptEncoder> PromptEncoder::create(std::shared_ptr<const Tokenizer> tokenizer, bool chat, std::string system) {
    PromptEncoder encoder(std::move(tokenizer), std::move(system));
    const std::string source = chat ? encoder.tokenizer_->chat_template() : std::string();
    if (!source.empty()) {
        encoder.template_ = TANDEM_TRY(ChatTemplate::parse(source));
    }
    return encoder;
}

Result<std::vector<TokenId>> PromptEncoder::encode(std::string_view prompt) const {
    if (!template_) {
        return tokenizer_->encode(prompt);
    }
    std::vector<ChatMessage> messages;
    if (!system_.empty()) {
        messages.push_back({.role = "system", .content = system_});
    }
    messages.push_back({.role = "user", .content = std::string(prompt)});
    const std::string text = TANDEM_TRY(template_->render(messages, variables_));
    // The template writes the sequence's own start itself where there is one.
    return tokenizer_->encode(text, {.add_special = false, .parse_special = true});
}

std::vector<TokenId> synthetic_prompt(std::int64_t count, std::int64_t vocab, const Tokenizer* tokenizer,
                                      std::uint64_t seed) {
    if (tokenizer != nullptr && tokenizer->vocab_size() > 0) {
        vocab = std::min(vocab, tokenizer->vocab_size());  // the rest of the embedding is padding
    }
    std::vector<TokenId> ordinary;
    for (std::int64_t id = 0; id < vocab; ++id) {
        if (tokenizer == nullptr || !tokenizer->is_special(static_cast<TokenId>(id))) {
            ordinary.push_back(static_cast<TokenId>(id));
        }
    }
    if (ordinary.empty()) {
        ordinary.push_back(0);
    }
    Random random(seed);
    std::vector<TokenId> ids(static_cast<std::size_t>(count));
    for (TokenId& id : ids) {
        id = ordinary[random.below(ordinary.size())];
    }
    return ids;
}

}  // namespace tandem
