// The places inspect_model looks in. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"

namespace tandem {

struct ConfigReading {
    ModelShape shape;
    std::vector<std::string> warnings;  // as in "W_AUTO_MAP: ..."
};

// A JSON object of sane size and depth. Errors: CFG_TOO_LARGE, JSON_TOO_DEEP, CFG_NOT_JSON.
Result<nlohmann::json> parse_config(std::string_view text, const std::string& origin);
Result<ConfigReading> read_config(std::string_view config_json, const std::string& origin);

// Everything but `location`.
Result<ModelFacts> inspect_gguf(const std::filesystem::path& path);
Result<ModelFacts> inspect_folder(const std::filesystem::path& folder);

}  // namespace tandem
