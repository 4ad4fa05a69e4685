#include "engine/generation/target_ids.h"

namespace tandem {

Result<std::vector<TokenId>> target_ids(const Tokenizer& tokenizer, const TargetTokens& target, std::string_view text) {
    std::optional<TokenId> end = tokenizer.eos();
    if (const auto ends = tokenizer.end_ids(); !end && !ends.empty()) {
        end = ends.front();
    }
    if (!end) {
        return Error{.code = "TOK_NONE",
                     .message = "the tokenizer, " + tokenizer.kind() +
                                ", has no end of text, which a target needs; nothing was computed",
                     .where = "tokenizer",
                     .kind = ErrorKind::unsupported};
    }
    std::vector<TokenId> ids;
    if (target.forced_first >= 0) {
        ids.push_back(static_cast<TokenId>(target.forced_first));
    }
    const auto words = tokenizer.encode(text, {.add_special = false});
    ids.insert(ids.end(), words.begin(), words.end());
    ids.push_back(*end);
    return ids;
}

}  // namespace tandem
