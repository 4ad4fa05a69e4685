// The simplest model: a word is a token, or unknown. Errors: TOK_CONFIG. Thread rule: const after create, shared
// freely.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

class WordLevel final : public WordModel {
public:
    static Result<std::unique_ptr<const WordLevel>> create(std::shared_ptr<const Vocabulary> vocabulary,
                                                           const std::string& unknown);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;
    WordSpelling spelling() const override { return {.unknown = unknown_}; }

private:
    WordLevel(std::shared_ptr<const Vocabulary> vocabulary, TokenId unknown)
        : vocabulary_(std::move(vocabulary)), unknown_(unknown) {}

    std::shared_ptr<const Vocabulary> vocabulary_;
    TokenId unknown_;
};

}  // namespace tandem
