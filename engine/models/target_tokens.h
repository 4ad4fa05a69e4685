// How the targets of an encoder-decoder begin and end, out of config.json and generation_config.json, whose keys are
// the same. Errors: CFG_TYPE, CFG_RANGE, CFG_TOO_LARGE, CFG_NOT_JSON. Thread rule: stateless.
#pragma once

#include <filesystem>

#include "engine/api/model_facts.h"
#include "engine/models/config_reader.h"

namespace tandem {

// "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", and of "bad_words_ids" and "suppress_tokens"
// single tokens; those that are absent as in `absent`.
Result<TargetTokens> read_target_tokens(const ConfigReader& config, TargetTokens absent);

// generation_config.json of the folder, where there is one, says it better than config.json.
Result<void> read_generation_config(const std::filesystem::path& folder, ModelShape& shape);

// Every id is in the vocabulary.
Result<void> check_target_tokens(const ModelShape& shape, const std::string& origin);

}  // namespace tandem
