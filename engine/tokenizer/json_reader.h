// tokenizer.json, the format of the `tokenizers` library, and the small files that lie beside it. Errors: TOK_*,
// JSON_*. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bounded_json.h"
#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {

// What other files of a model's folder say about its tokenizer.
struct FolderHints {
    std::optional<std::int64_t> vocab_size;  // config.json: ids must be below
    std::optional<std::string> bos;          // tokenizer_config.json, special_tokens_map.json
    std::optional<std::string> eos;
    std::vector<std::int64_t> eos_ids;  // config.json, generation_config.json
    std::string chat_template;
    ChatParts chat;
};

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_json(std::string_view text, const std::string& origin,
                                                             const FolderHints& hints = {});

}  // namespace tandem
