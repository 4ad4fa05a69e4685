#include "engine/pairing/system_prompts.h"

namespace tandem {

Result<SystemPrompts::Reader> SystemPrompts::reader(std::shared_ptr<const Tokenizer> tokenizer,
                                                    const PromptStyle& style, PromptFrame frame) {
    Reader made{.tokenizer = std::move(tokenizer), .encoder = {}, .frame = std::move(frame)};
    if (made.tokenizer) {
        made.encoder = TANDEM_TRY(PromptEncoder::create(made.tokenizer, style.chat, style.system));
    }
    return made;
}

Result<std::shared_ptr<const SystemPrompts>> SystemPrompts::create(std::shared_ptr<const Tokenizer> tokenizer,
                                                                   const PromptStyle& style) {
    auto prompts = std::make_shared<SystemPrompts>();
    prompts->own_ = TANDEM_TRY(reader(std::move(tokenizer), style, TANDEM_TRY(prompt_frame(style.prompt, "{source}"))));
    return std::shared_ptr<const SystemPrompts>(std::move(prompts));
}

Result<std::shared_ptr<const SystemPrompts>> SystemPrompts::create(std::shared_ptr<const Tokenizer> tokenizer,
                                                                   std::shared_ptr<const Tokenizer> partner,
                                                                   const PromptStyle& style) {
    auto prompts = std::make_shared<SystemPrompts>();
    prompts->own_ = TANDEM_TRY(reader(std::move(tokenizer), style, TANDEM_TRY(prompt_frame(style.prompt, "{source}"))));
    prompts->partner_ =
        TANDEM_TRY(reader(std::move(partner), style, TANDEM_TRY(prompt_frame(style.partner_prompt, "{prompt}"))));
    prompts->has_partner_ = true;
    return std::shared_ptr<const SystemPrompts>(std::move(prompts));
}

Result<GuidedPrompt> SystemPrompts::prompt(std::string_view text) const {
    if (!own_.encoder || (has_partner_ && !partner_.encoder)) {
        return Error{.code = "TOK_NONE",
                     .message =
                         "a model of random weights has no tokenizer and reads no text; use the workload benchmark, or "
                         "a real model",
                     .where = own_.encoder ? "the partner" : "the model"};
    }
    const std::string own = own_.frame.before + std::string(text) + own_.frame.after;
    if (has_partner_) {
        return guided_prompt(*own_.encoder, *partner_.encoder, own, {}, partner_.frame);
    }
    std::vector<TokenId> ids = TANDEM_TRY(own_.encoder->encode(own));
    if (ids.empty()) {
        return Error{.code = "PROMPT_EMPTY", .message = "the prompt has no tokens; at least one is needed"};
    }
    return GuidedPrompt{.small = std::move(ids), .large = {}, .alignment = {}};
}

Result<PromptFrame> prompt_frame(std::string_view format, std::string_view place) {
    const std::size_t at = format.find(place);
    if (at == std::string_view::npos || format.find(place, at + place.size()) != std::string_view::npos) {
        return Error{.code = "PAIRING_PROMPT",
                     .message = "'" + std::string(format) + "' must have " + std::string(place) +
                                " once, where the text stands; nothing was run",
                     .where = std::string(place)};
    }
    return PromptFrame{.before = std::string(format.substr(0, at)),
                       .after = std::string(format.substr(at + place.size()))};
}

}  // namespace tandem
