#include "engine/pairing/prompt_reader.h"

namespace tandem {

Result<const PromptEncoder*> PromptReader::reads(std::string_view whose) const {
    if (!encoder) {
        return Error{.code = "TOK_NONE",
                     .message = std::string(whose) +
                                " has random weights and no tokenizer, so it reads no text; use the workload "
                                "benchmark, or a real model"};
    }
    return &*encoder;
}

Result<PromptReader> prompt_reader(std::shared_ptr<const Tokenizer> tokenizer, const PromptStyle& style) {
    PromptReader reader{.tokenizer = std::move(tokenizer), .encoder = {}};
    if (reader.tokenizer) {
        reader.encoder = TANDEM_TRY(PromptEncoder::create(reader.tokenizer, style.chat, style.system));
    }
    return reader;
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
