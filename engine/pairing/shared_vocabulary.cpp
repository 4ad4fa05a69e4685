#include "engine/pairing/shared_vocabulary.h"

#include <algorithm>
#include <string>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

// The bytes of a token; empty where the id is none.
std::string token(const Tokenizer& tokenizer, TokenId id) {
    if (id >= tokenizer.vocab_size()) {
        return {};
    }
    std::string piece = tokenizer.piece(id);
    return piece == "[PAD" + std::to_string(id) + "]" ? std::string() : piece;
}

std::string shown(const std::string& token) {
    return token.empty() ? "no token" : "\"" + printable(token) + "\"";
}

Error refused(const std::string& found) {
    return {.code = "PAIRING_VOCABULARY",
            .message = found +
                       "; speculative decoding takes two models of one vocabulary, as those of one family "
                       "mostly have; nothing was run",
            .where = "models"};
}

Result<void> check_sizes(const char* what, std::int64_t large, std::int64_t small) {
    if (large != small) {
        return refused(std::string("one of the models has no tokenizer, and the large one ") + what + " " +
                       std::to_string(large) + " ids, the small one " + std::to_string(small));
    }
    return {};
}

}  // namespace

Result<void> check_shared_vocabulary(const ModelShape& large, const Tokenizer* large_tokenizer, const ModelShape& small,
                                     const Tokenizer* small_tokenizer) {
    if (large_tokenizer == nullptr || small_tokenizer == nullptr) {
        TANDEM_TRY(check_sizes("writes", large.vocab, small.vocab));
        return check_sizes("reads", large.source_vocab, small.source_vocab);
    }
    const std::int64_t ids = std::max(large_tokenizer->vocab_size(), small_tokenizer->vocab_size());
    for (TokenId id = 0; id < ids; ++id) {
        const std::string in_large = token(*large_tokenizer, id);
        const std::string in_small = token(*small_tokenizer, id);
        if (in_large != in_small) {
            return refused("id " + std::to_string(id) + " is " + shown(in_large) + " to the large model and " +
                           shown(in_small) + " to the small one");
        }
    }
    return {};
}

}  // namespace tandem
