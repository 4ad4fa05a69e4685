// Errors of this module in the form every message has. Thread rule: stateless.
#pragma once

#include <string>
#include <utility>

#include "engine/api/error.h"

namespace tandem {

inline Error tokenizer_error(const char* code, const std::string& message, std::string where) {
    return {.code = code,
            .message = message + "; nothing was loaded",
            .where = std::move(where),
            .kind = ErrorKind::bad_input};
}

// TOK_CONFIG: the tokenizer asks for something that is broken or not supported here.
inline Error config_error(const std::string& message, std::string where) {
    return tokenizer_error("TOK_CONFIG", message, std::move(where));
}

}  // namespace tandem
