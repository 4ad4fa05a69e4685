// A pre-tokenizer's regular expression (written for Oniguruma in Ruby's syntax) as the same expression for PCRE2.
// Only what is known to mean the same, or can be rewritten to, is let through; the rest is refused by name. Refused are
// also expressions whose matching could take more than quadratic time, so that no text can stall the reader: repeats of
// repeats, and more than two open-ended repeats in a row.
// Errors: the message of a TOK_CONFIG. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

#include "engine/api/result.h"
#include "engine/tokenizer/regex_class.h"

namespace tandem {

// `pattern` is well-formed UTF-8; `where` stands in errors.
Result<std::string> translate_regex(std::string_view pattern, UnicodeUse use, const std::string& where);

}  // namespace tandem
