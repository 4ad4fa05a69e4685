// The tokenizer of a model by name, file or folder, without its weights. Errors: TOK_*, LIB_*, FILE_*, GGUF_*. Thread
// rule: main thread.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace tandem::cli {

Result<std::shared_ptr<const Tokenizer>> open_tokenizer(const std::string& model);

}  // namespace tandem::cli
