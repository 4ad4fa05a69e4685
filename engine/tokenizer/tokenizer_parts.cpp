#include "engine/tokenizer/tokenizer_parts.h"

#include "engine/tokenizer/text_tokenizer.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

Result<std::shared_ptr<const Tokenizer>> make_tokenizer(TokenizerParts parts) {
    const Vocabulary& vocabulary = *parts.vocabulary;
    const auto check = [&](TokenId id, const std::string& role) -> Result<void> {
        if (!vocabulary.has(id)) {
            return tokenizer_error("TOK_ID_RANGE",
                                   role + " has the id " + std::to_string(id) +
                                       ", which no token of the vocabulary has (ids end at " +
                                       std::to_string(vocabulary.size() - 1) + ")",
                                   vocabulary.origin());
        }
        return {};
    };
    if (vocabulary.size() == 0) {
        return config_error("the vocabulary is empty", vocabulary.origin());
    }
    for (const std::vector<TokenId>* ids : {&parts.before, &parts.after, &parts.other_ends}) {
        for (const TokenId id : *ids) {
            TANDEM_TRY(check(id, "a special token"));
        }
    }
    if (parts.bos) {
        TANDEM_TRY(check(*parts.bos, "the token at the start"));
    }
    if (parts.eos) {
        TANDEM_TRY(check(*parts.eos, "the token at the end"));
    }
    return std::shared_ptr<const Tokenizer>(std::make_shared<const TextTokenizer>(std::move(parts)));
}

}  // namespace tandem
