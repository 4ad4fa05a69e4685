// What a tokenizer is made of, however its file spells it. Both readers (tokenizer.json and GGUF) fill this and hand it
// to make_tokenizer, which checks what both must keep to. Thread rule: plain data.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/decoder.h"
#include "engine/tokenizer/normaliser.h"
#include "engine/tokenizer/pre_tokeniser.h"
#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

struct TokenizerParts {
    std::shared_ptr<const Vocabulary> vocabulary;  // the model's and the added tokens
    Normaliser normaliser;
    std::vector<SplitStep> splits;
    std::unique_ptr<const WordModel> model;
    std::vector<AddedToken> added;
    Decoder decoder;
    std::vector<TokenId> before;  // what goes around a text with add_special
    std::vector<TokenId> after;
    // Words are bytes spelled in the byte alphabet, or pieces with a stand-in for the space.
    bool byte_level = false;
    std::string space = "\xE2\x96\x81";  // U+2581, where not byte_level
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    std::vector<TokenId> other_ends;  // besides eos and the well-known names
    std::string kind;
    std::string chat_template;
    ChatParts chat;
};

// Errors: TOK_ID_RANGE.
Result<std::shared_ptr<const Tokenizer>> make_tokenizer(TokenizerParts parts);

}  // namespace tandem
