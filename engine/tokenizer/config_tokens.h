// The added tokens of a tokenizer: those of tokenizer.json, and what tokenizer_config.json says of them, which counts
// more, as transformers 5 has it. Errors: TOK_ID_RANGE, TOK_CONFIG. Thread rule: stateless.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/vocabulary.h"

namespace tandem {

// A token that a configuration file names.
struct ConfigToken {
    AddedToken token;
    bool named = false;  // bos_token and its like, not one of a list
};

struct ConfigTokens {
    // added_tokens_decoder, by id. Absent where the file has none.
    std::optional<std::vector<ConfigToken>> added;
    std::map<std::int64_t, AddedToken> listed;  // added_tokens.json, by the ids it says
    std::vector<ConfigToken> special;           // bos_token and its like, in transformers' order
};

// Flags of an added token; `special` where the object does not say.
Result<AddedToken> read_added_token(const JsonFields& fields, bool special);

// `added_tokens` of tokenizer.json. New texts go into `vocabulary`, whose tokens so far are the model's.
Result<std::vector<AddedToken>> read_added_tokens(const Json* list, Vocabulary& vocabulary);

// The reference numbers new tokens one after the other, whatever a file says: a file that says otherwise is refused.
Result<void> check_added_ids(const std::vector<AddedToken>& added, const Vocabulary& vocabulary);

// tokenizer_config.json, with what special_tokens_map.json says merged into it.
Result<ConfigTokens> read_config_tokens(const Json& config, const std::string& origin);
// added_tokens.json: texts and ids; which of them are special, `config` says. Null where there is none.
Result<void> read_listed_tokens(const Json& list, const Json& config, const std::string& origin, ConfigTokens& tokens);

// Changes flags and adds tokens. New ones whose id would not be below `vocab_size` are left out: no model has them.
Result<void> apply_config_tokens(const ConfigTokens& config, std::optional<std::int64_t> vocab_size,
                                 Vocabulary& vocabulary, std::vector<AddedToken>& added);

}  // namespace tandem
