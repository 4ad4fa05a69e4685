// tokenizer.json, the format of the `tokenizers` library, and the small files that lie beside it. Errors: TOK_*,
// JSON_*. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bounded_json.h"
#include "engine/tokenizer/config_tokens.h"
#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {

// What other files of a model's folder say about its tokenizer.
struct FolderHints {
    std::optional<std::int64_t> vocab_size;  // config.json: ids must be below
    struct NamedToken {
        std::string text;
        std::string file = "tokenizer_config.json";  // that names it
    };
    std::optional<NamedToken> bos;
    std::optional<NamedToken> eos;
    ConfigTokens tokens;
    std::vector<std::int64_t> eos_ids;  // config.json, generation_config.json
    std::string chat_template;
    bool cleans_up = false;  // clean_up_tokenization_spaces, which BPE ignores
    ChatParts chat;
};

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_json(std::string_view text, const std::string& origin,
                                                             const FolderHints& hints = {});
// The same from the file's tree.
Result<std::shared_ptr<const Tokenizer>> tokenizer_from_tree(const Json& tree, const std::string& origin,
                                                             const FolderHints& hints);

// What the small files add to a tokenizer that is otherwise complete. Errors: TOK_ID_RANGE, TOK_CONFIG.
Result<void> apply_hints(const FolderHints& hints, TokenizerParts& parts);

}  // namespace tandem
