// Prompts as token ids: a user's text through the model's chat template or as it is, and synthetic ids for timing.
// No torch. Errors: those of tokenizer and template. Thread rule: const after creation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class PromptEncoder {
public:
    // With `chat`, prompts go through the tokenizer's chat template as a user's message after `system` (if not empty).
    // A tokenizer without a template leaves the text as it is: uses_template() says so.
    static Result<PromptEncoder> create(std::shared_ptr<const Tokenizer> tokenizer, bool chat, std::string system);

    bool uses_template() const { return template_.has_value(); }
    Result<std::vector<TokenId>> encode(std::string_view prompt) const;
    // The same with each token's bytes of the prompt: what the template puts before is empty at 0, what it puts behind
    // is empty at the prompt's end. Errors: PROMPT_CHANGED (the template does not say the prompt as it is).
    Result<Encoding> encode_with_spans(std::string_view prompt) const;

private:
    PromptEncoder(std::shared_ptr<const Tokenizer> tokenizer, std::string system);
    Result<std::string> rendered(std::string_view prompt) const;

    std::shared_ptr<const Tokenizer> tokenizer_;
    std::string system_;
    std::optional<ChatTemplate> template_;
    ChatVariables variables_;
};

// Spans of a text that has `inner` bytes of another one from its byte `begin` on, as spans of that other one: what
// stands before is empty at 0, what stands behind is empty at its end.
std::vector<ByteSpan> within(std::span<const ByteSpan> spans, std::size_t begin, std::size_t inner);

// `count` ids of 0 ... vocab - 1 drawn by `seed`, without those that `tokenizer` (may be null) calls special.
std::vector<TokenId> synthetic_prompt(std::int64_t count, std::int64_t vocab, const Tokenizer* tokenizer,
                                      std::uint64_t seed);

}  // namespace tandem
