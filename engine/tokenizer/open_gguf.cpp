#include "engine/api/utf8.h"
#include "engine/tokenizer/gguf_tokens.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

Result<void> read_kind(const std::string& model, GgufTokens& from, TokenizerParts& parts) {
    if (model == "gpt2" || model == "gemma4") {
        return read_gguf_merges(from, model == "gemma4", parts);
    }
    if (model == "llama") {
        return read_gguf_scores(from, parts);
    }
    if (model == "t5") {
        return read_gguf_unigram(from, parts);
    }
    if (model == "bert") {
        return read_gguf_wordpiece(from, parts);
    }
    if (model == "none" || model == "no_vocab") {
        return from.refuse("the file has no tokenizer (tokenizer.ggml.model '" + model +
                           "'); give ids instead of text, or name a model with a tokenizer");
    }
    return from.refuse("tokenizer.ggml.model '" + printable(model) +
                       "' is not supported, supported are gpt2 and gemma4 (BPE), llama (SentencePiece BPE), t5 "
                       "(Unigram) and bert (WordPiece)");
}

Result<ChatParts> read_chat_parts(const GgufFile& file, const GgufTokens& from, const Vocabulary& vocabulary) {
    constexpr std::string_view prefix = "tokenizer.chat_template.";
    ChatParts chat;
    for (const auto& [key, value] : file.metadata()) {
        const auto* source = std::get_if<std::string>(&value);
        if (source != nullptr && std::string_view(key).starts_with(prefix)) {
            chat.named.emplace_back(key.substr(prefix.size()), *source);
        }
    }
    for (const auto& [name, key] : {std::pair{"unk_token", "tokenizer.ggml.unknown_token_id"},
                                    std::pair{"pad_token", "tokenizer.ggml.padding_token_id"}}) {
        if (const auto id = TANDEM_TRY(from.id_at(key))) {
            chat.tokens.emplace_back(name, std::string(vocabulary.text(*id)));
        }
    }
    return chat;
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_gguf(const GgufFile& file) {
    GgufTokens from(file);
    TokenizerParts parts;
    if (!file.has("tokenizer.ggml.model")) {
        return from.refuse(
            "the file has no tokenizer (there is no tokenizer.ggml.model); give ids instead of text, or name a model "
            "with a tokenizer");
    }
    TANDEM_TRY(read_kind(TANDEM_TRY(file.text("tokenizer.ggml.model")), from, parts));
    parts.eos = TANDEM_TRY(from.id_at("tokenizer.ggml.eos_token_id"));
    for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
        if (const auto id = TANDEM_TRY(from.id_at(key))) {
            parts.other_ends.push_back(*id);
        }
    }
    if (file.has("tokenizer.chat_template")) {
        parts.chat_template = TANDEM_TRY(file.text("tokenizer.chat_template"));
    }
    parts.chat = TANDEM_TRY(read_chat_parts(file, from, *parts.vocabulary));
    return make_tokenizer(std::move(parts));
}

}  // namespace tandem
