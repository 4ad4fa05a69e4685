// How a system makes prompts of texts: each model's tokenizer and chat template, and what stands around a text. Known
// before any weight is read. Thread rule: const, shared freely. Errors: TOK_NONE, PROMPT_EMPTY, PAIRING_PROMPT, those
// of the template and of PromptEncoder.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/pairing/system.h"

namespace tandem {

class SystemPrompts {
public:
    // Of a system whose writing model alone reads prompts. Null tokenizers are those of models of random weights, which
    // read no text.
    static Result<std::shared_ptr<const SystemPrompts>> create(std::shared_ptr<const Tokenizer> tokenizer,
                                                               const PromptStyle& style);
    // With a partner: the text within style.prompt is what both read, the partner within style.partner_prompt; bytes of
    // that text align them.
    static Result<std::shared_ptr<const SystemPrompts>> create(std::shared_ptr<const Tokenizer> tokenizer,
                                                               std::shared_ptr<const Tokenizer> partner,
                                                               const PromptStyle& style);

    Result<GuidedPrompt> prompt(std::string_view text) const;

    const std::shared_ptr<const Tokenizer>& tokenizer() const { return own_.tokenizer; }
    const std::shared_ptr<const Tokenizer>& partner_tokenizer() const { return partner_.tokenizer; }
    bool uses_template() const { return own_.encoder && own_.encoder->uses_template(); }
    bool partner_uses_template() const { return partner_.encoder && partner_.encoder->uses_template(); }

private:
    struct Reader {
        std::shared_ptr<const Tokenizer> tokenizer;
        std::optional<PromptEncoder> encoder;  // there as the tokenizer is
        PromptFrame frame;
    };

    static Result<Reader> reader(std::shared_ptr<const Tokenizer> tokenizer, const PromptStyle& style,
                                 PromptFrame frame);

    Reader own_;
    Reader partner_;
    bool has_partner_ = false;
};

// "summarize: {source}" by its place "{source}", which must stand in it once.
Result<PromptFrame> prompt_frame(std::string_view format, std::string_view place);

}  // namespace tandem
