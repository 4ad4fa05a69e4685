// Fields that several parts of tokenizer.json share: patterns, single characters, behaviours, Metaspace.
// Errors: TOK_CONFIG. Thread rule: stateless.
#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/pre_tokeniser.h"

namespace tandem {

struct JsonPattern {
    std::string literal;
    std::shared_ptr<const SplitRegex> regex;
};

// `pattern` as {"String": ..} or {"Regex": ..}.
Result<JsonPattern> read_pattern(const JsonFields& fields);
// A text of at most 1024 bytes.
Result<std::string> read_content(const JsonFields& fields, std::string_view key);
Result<std::string> read_one_char(const JsonFields& fields, std::string_view key);
Result<SplitBehaviour> read_behaviour(const JsonFields& fields, std::optional<SplitBehaviour> absent = std::nullopt);
Result<SplitStep> read_metaspace(const JsonFields& fields);

}  // namespace tandem
