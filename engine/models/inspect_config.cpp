// config.json of Hugging Face folders: found to be an object of sane size, handed to the family it names.
#include <nlohmann/json.hpp>

#include "engine/models/family.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_sources.h"
#include "engine/models/target_tokens.h"
#include "engine/models/unknown_family.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::size_t largest_config = 4U << 20;
constexpr int deepest = 64;

Result<const FamilyDescription*> family_of(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    std::vector<std::string> names;
    for (const FamilyDescription* family : family_descriptions()) {
        for (const std::string_view name : family->model_types) {
            if (name == type) {
                return family;
            }
            names.emplace_back(name);
        }
    }
    return unknown_family(type, names, config.origin());
}

Result<ConfigReading> read_object(const Json& json, const std::string& origin) {
    const ConfigReader config(json, origin);
    const FamilyDescription* family = TANDEM_TRY(family_of(config));
    ConfigReading reading;
    reading.shape = TANDEM_TRY(family->from_config(config));
    TANDEM_TRY(config.refuse_unread());
    reading.shape.architecture = family->name;
    reading.shape = TANDEM_TRY(checked_shape(std::move(reading.shape), origin));
    if (reading.shape.kind == ModelKind::encoder_decoder) {
        TANDEM_TRY(check_target_tokens(reading.shape, origin));
    }
    reading.warnings = config.warnings();
    if (config.has("auto_map")) {
        reading.warnings.push_back(
            "W_AUTO_MAP: config.json names Python code of its own (auto_map), which is ignored and never run");
    }
    return reading;
}

}  // namespace

Result<Json> parse_config(std::string_view text, const std::string& origin) {
    const auto fault = [&](const char* code, const std::string& message) {
        return Error{
            .code = code, .message = message + "; nothing was loaded", .where = origin, .kind = ErrorKind::bad_input};
    };
    if (text.size() > largest_config) {
        return fault("CFG_TOO_LARGE", "the configuration has more than " + std::to_string(largest_config) + " bytes");
    }
    bool too_deep = false;
    const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
    };
    Json config = Json::parse(text.begin(), text.end(), watch_depth, /*allow_exceptions=*/false);
    if (too_deep) {
        return fault("JSON_TOO_DEEP", "the configuration nests deeper than " + std::to_string(deepest) + " levels");
    }
    if (!config.is_object()) {
        return fault("CFG_NOT_JSON", "the configuration is not a JSON object");
    }
    return config;
}

Result<ConfigReading> read_config(std::string_view config_json, const std::string& origin) {
    return read_object(TANDEM_TRY(parse_config(config_json, origin)), origin);
}

Result<ModelShape> shape_from_config(std::string_view config_json, const std::string& origin) {
    return TANDEM_TRY(read_config(config_json, origin)).shape;
}

}  // namespace tandem
