// What `tandem model info` says of a tokenizer, from opening it. Thread rule: main thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "engine/api/model_facts.h"

namespace tandem::cli {

// Fills facts.tokenizer with the kind of the model's tokenizer and, of a folder, the files it is read from. One that
// cannot be read becomes a warning (W_TOKENIZER), and of a file without weights W_NO_WEIGHTS says whether it tokenizes.
void describe_tokenizer(ModelFacts& facts);

// A folder that holds a tokenizer and nothing of a model; absent where it is none.
std::optional<nlohmann::ordered_json> tokenizer_alone(const std::string& folder);

}  // namespace tandem::cli
