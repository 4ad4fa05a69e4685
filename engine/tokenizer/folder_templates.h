// The chat templates of a model's folder: chat_template.jinja and additional_chat_templates/NAME.jinja, which come
// before chat_template.json and the "chat_template" of tokenizer_config.json (one template, or a list of named ones).
// Errors: TOK_CONFIG, FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>

#include "engine/tokenizer/json_reader.h"

namespace tandem {

// Fills chat_template and chat.named; `tokenizer_config` may be null.
Result<void> read_folder_templates(const std::filesystem::path& folder, const Json& tokenizer_config,
                                   FolderHints& hints);

}  // namespace tandem
