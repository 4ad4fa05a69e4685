#include "engine/generation/prompt.h"

#include <algorithm>
#include <utility>

#include "engine/generation/random.h"

namespace tandem {
namespace {

// The template writes the sequence's own start itself where there is one.
constexpr EncodeOptions rendered_options{.add_special = false, .parse_special = true};
constexpr std::string_view white = " \t\r\n\v\f";
constexpr std::string_view stand_in = "\xEE\x80\x80prompt\xEE\x80\x81";  // private characters

}  // namespace

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
    return tokenizer_->encode(TANDEM_TRY(rendered(prompt)), rendered_options);
}

Result<Encoding> PromptEncoder::encode_with_spans(std::string_view prompt) const {
    if (!template_) {
        return tokenizer_->encode_with_spans(prompt);
    }
    // Where the prompt begins is where another one does that appears nowhere else.
    const std::size_t begin = TANDEM_TRY(rendered(stand_in)).find(stand_in);
    const std::string text = TANDEM_TRY(rendered(prompt));
    // Many templates take white space at the ends away.
    const std::size_t first = std::min(prompt.find_first_not_of(white), prompt.size());
    const std::string_view stripped = prompt.substr(first, prompt.find_last_not_of(white) + 1 - first);
    const auto there = [&](std::string_view part) {
        return begin <= text.size() && std::string_view(text).substr(begin).starts_with(part);
    };
    const bool whole = there(prompt);
    if (!whole && !there(stripped)) {
        return Error{.code = "PROMPT_CHANGED",
                     .message =
                         "the chat template does not say the prompt as it is, so tokens cannot be aligned by "
                         "its text; turn the template off or name another",
                     .where = "chat template"};
    }
    Encoding encoding = tokenizer_->encode_with_spans(text, rendered_options);
    encoding.spans = within(encoding.spans, begin, whole ? prompt.size() : stripped.size());
    for (ByteSpan& span : encoding.spans) {
        span.first += whole ? 0 : first;
        span.last += whole ? 0 : first;
    }
    return encoding;
}

Result<std::string> PromptEncoder::rendered(std::string_view prompt) const {
    std::vector<ChatMessage> messages;
    if (!system_.empty()) {
        messages.push_back({.role = "system", .content = system_});
    }
    messages.push_back({.role = "user", .content = std::string(prompt)});
    return template_->render(messages, variables_);
}

std::vector<ByteSpan> within(std::span<const ByteSpan> spans, std::size_t begin, std::size_t inner) {
    const auto moved = [&](std::size_t place) { return std::min(place - std::min(place, begin), inner); };
    std::vector<ByteSpan> result;
    result.reserve(spans.size());
    for (const ByteSpan& span : spans) {
        result.push_back({.first = moved(span.first), .last = moved(span.last)});
    }
    return result;
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
