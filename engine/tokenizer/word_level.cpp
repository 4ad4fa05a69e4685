#include "engine/tokenizer/word_level.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

Result<std::unique_ptr<const WordLevel>> WordLevel::create(std::shared_ptr<const Vocabulary> vocabulary,
                                                           const std::string& unknown) {
    const auto id = vocabulary->find_piece(unknown);
    if (!id) {
        return config_error("the unknown token '" + printable(unknown) + "' is not in the vocabulary",
                            vocabulary->origin());
    }
    return std::unique_ptr<const WordLevel>(new WordLevel(std::move(vocabulary), *id));
}

void WordLevel::encode(std::string_view word, std::vector<TokenId>& ids) const {
    ids.push_back(vocabulary_->find_piece(word).value_or(unknown_));
}

}  // namespace tandem
