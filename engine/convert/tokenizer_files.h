// A GGUF's tokenizer as the files of a folder: tokenizer.json, tokenizer_config.json, generation_config.json and
// chat_template.jinja. What is written was read back and gives the same ids on texts of many scripts; a tokenizer of
// which that cannot be said is refused. Errors: CONVERT_TOKENIZER, FILE_*, and those of the tokenizer. Thread rule:
// stateless.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/gguf.h"

namespace tandem {

// The names of the files written into `folder`. Ids of begin and end go into `config` too, as config.json has them.
Result<std::vector<std::string>> write_tokenizer_files(const GgufFile& file, const std::filesystem::path& folder,
                                                       nlohmann::ordered_json& config);

}  // namespace tandem
