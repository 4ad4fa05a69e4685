#include "engine/pairing/pairing_settings.h"

#include <nlohmann/json.hpp>

#include "engine/tensor/mapped_file.h"
#include "engine/tensor/output_file.h"
#include "engine/tokenizer/bounded_json.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format = "tandem-pairing-1";

Error folder_error(std::string message, std::string where) {
    return {.code = "PAIRING_FOLDER", .message = std::move(message), .where = std::move(where)};
}

struct JsonWriter {
    nlohmann::ordered_json& json;

    template <class Field>
    void operator()(const FieldInfo& info, const Field& field) const {
        if constexpr (std::is_enum_v<Field>) {
            json[std::string(info.name)] = enum_name(field);
        } else {
            json[std::string(info.name)] = field;
        }
    }
};

// Reads every field by its name; the first fault is kept.
struct JsonReader {
    const Json& json;
    const std::string& where;
    std::optional<Error> fault;
    std::size_t read = 0;

    void refuse(std::string message) {
        if (!fault) {
            fault = folder_error(std::move(message) + "; nothing was loaded", where);
        }
    }

    template <class Field>
    void operator()(const FieldInfo& info, Field& field) {
        const auto found = json.find(std::string(info.name));
        if (found == json.end()) {
            return refuse("settings have no '" + std::string(info.name) + "'");
        }
        ++read;
        if constexpr (std::is_enum_v<Field>) {
            const auto value =
                found->is_string() ? enum_from_name<Field>(found->template get<std::string>()) : std::optional<Field>();
            if (!value) {
                return refuse(std::string(info.name) + " is " + shown(*found) + ", which this version does not know");
            }
            field = *value;
        } else if constexpr (std::is_same_v<Field, bool>) {
            if (!found->is_boolean()) {
                return refuse(std::string(info.name) + " is " + shown(*found) + ", needed is true or false");
            }
            field = found->template get<bool>();
        } else {
            const bool whole = found->is_number_integer() &&
                               !(found->is_number_unsigned() && found->template get<std::uint64_t>() > INT64_MAX);
            const std::int64_t value = whole ? found->template get<std::int64_t>() : 0;
            if (!whole || static_cast<double>(value) < info.min || static_cast<double>(value) > info.max) {
                return refuse(std::string(info.name) + " is " + shown(*found) + ", allowed are whole numbers of " +
                              std::to_string(static_cast<std::int64_t>(info.min)) + " to " +
                              std::to_string(static_cast<std::int64_t>(info.max)));
            }
            field = value;
        }
    }
};

nlohmann::ordered_json json_of(const ModelRef& model, std::int64_t width) {
    return {{"name", model.name},
            {"location", model.location},
            {"sha256", model.sha256},
            {"adapter", model.adapter},
            {"adapter_sha256", model.adapter_sha256},
            {"width", width}};
}

Result<ModelRef> model_of(const Json& json, const std::string& key, std::int64_t& width, const std::string& where) {
    const auto found = json.find(key);
    const auto text = [&](const char* name) {
        return found->contains(name) && (*found)[name].is_string() ? (*found)[name].get<std::string>() : std::string();
    };
    const bool has_width =
        found != json.end() && found->is_object() && found->contains("width") && (*found)["width"].is_number_unsigned();
    const std::uint64_t stored = has_width ? (*found)["width"].get<std::uint64_t>() : 0;
    if (stored < 1 || stored > (1U << 20) || text("location").empty()) {
        return folder_error("'" + key + "' needs a location and a width of 1 to 1048576; nothing was loaded", where);
    }
    width = static_cast<std::int64_t>(stored);
    return ModelRef{.name = text("name"),
                    .location = text("location"),
                    .sha256 = text("sha256"),
                    .adapter = text("adapter"),
                    .adapter_sha256 = text("adapter_sha256")};
}

Result<void> write_settings(const fs::path& folder, const nlohmann::ordered_json& json) {
    OutputFile file = TANDEM_TRY(OutputFile::create(folder / pairing_file_name));
    TANDEM_TRY(file.append(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"));
    return file.commit();
}

// pairing.json of this format.
Result<Json> read_settings(const fs::path& folder) {
    const std::string where = (folder / pairing_file_name).string();
    const auto file = MappedFile::open(folder / pairing_file_name);
    if (!file.ok()) {
        return wrap(folder_error("the folder has no readable pairing.json; nothing was loaded", folder.string()),
                    file.error());
    }
    const auto bytes = (*file)->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Json json = TANDEM_TRY(parse_bounded_json(text, where, {.bytes = 1U << 20, .values = 1000, .depth = 8}));
    const auto is = [&](const char* key, std::string_view value) {
        return json.is_object() && json.contains(key) && json[key].is_string() && json[key].get<std::string>() == value;
    };
    if (!is("format", format) || !json.contains("method") || !json.contains("settings") ||
        !json["settings"].is_object()) {
        return folder_error(
            "it is no pairing of format " + std::string(format) + " with a method and settings; nothing was loaded",
            where);
    }
    return json;
}

template <class Settings>
Result<Settings> settings_of(const Json& json, const std::string& where) {
    Settings settings;
    JsonReader reader{.json = json["settings"], .where = where, .fault = {}};
    Settings::visit(settings, reader);
    if (reader.fault) {
        return *reader.fault;
    }
    if (reader.read != json["settings"].size()) {
        return folder_error("settings have keys that this version does not know; nothing was loaded", where);
    }
    return settings;
}

// How the large model reads, which older files do not say.
Result<void> read_guidance(const Json& json, GuidanceOptions& guidance, const std::string& where) {
    const auto text = [&](const char* key) -> std::optional<std::string> {
        const auto found = json.find(key);
        return found != json.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    };
    if (json.contains("llm_prompt")) {
        const auto prompt = text("llm_prompt");
        if (!prompt || prompt->find("{prompt}") == std::string::npos) {
            return folder_error("llm_prompt needs a text with {prompt} in it; nothing was loaded", where);
        }
        guidance.llm_prompt = *prompt;
    }
    if (json.contains("llm_dtype")) {
        const auto name = text("llm_dtype");
        guidance.llm_dtype = name ? enum_from_name<Dtype>(*name) : std::nullopt;
        if (!guidance.llm_dtype) {
            return folder_error("llm_dtype is " + shown(json["llm_dtype"]) +
                                    ", which this version does not know; "
                                    "nothing was loaded",
                                where);
        }
    }
    return {};
}

template <class Settings>
nlohmann::ordered_json json_of(const Settings& settings) {
    auto json = nlohmann::ordered_json::object();
    Settings::visit(settings, JsonWriter{json});
    return json;
}

}  // namespace

Result<PairingFile> read_pairing_file(const fs::path& folder) {
    const std::string where = (folder / pairing_file_name).string();
    const Json json = TANDEM_TRY(read_settings(folder));
    const auto method =
        json["method"].is_string() ? enum_from_name<PairingMethod>(json["method"].get<std::string>()) : std::nullopt;
    PairingFile file;
    switch (method.value_or(PairingMethod::speculative)) {
        case PairingMethod::single:
            file.method = PairingMethod::single;
            file.model = TANDEM_TRY(model_of(json, "model", file.width, where));
            return file;
        case PairingMethod::llm_to_slm:
            file.method = PairingMethod::llm_to_slm;
            file.guidance.settings = TANDEM_TRY(settings_of<PairingSettings>(json, where));
            TANDEM_TRY(read_guidance(json, file.guidance, where));
            file.partner = TANDEM_TRY(model_of(json, "large", file.partner_width, where));
            file.model = TANDEM_TRY(model_of(json, "small", file.width, where));
            return file;
        case PairingMethod::prompt_tuning:
            file.method = PairingMethod::prompt_tuning;
            file.soft_prompt = TANDEM_TRY(settings_of<SoftPromptOptions>(json, where));
            file.model = TANDEM_TRY(model_of(json, "model", file.width, where));
            return file;
        case PairingMethod::speculative:
            break;
    }
    return folder_error(
        "method is " + shown(json["method"]) + ", which has no folder of this format; nothing was loaded", where);
}

Result<void> write_pairing_file(const fs::path& folder, const PairingFile& file) {
    nlohmann::ordered_json json{{"format", format}, {"method", enum_name(file.method)}};
    if (file.method == PairingMethod::llm_to_slm) {
        json["large"] = json_of(file.partner, file.partner_width);
        json["small"] = json_of(file.model, file.width);
        json["settings"] = json_of(file.guidance.settings);
        json["llm_prompt"] = file.guidance.llm_prompt;
        if (file.guidance.llm_dtype) {
            json["llm_dtype"] = enum_name(*file.guidance.llm_dtype);
        }
    } else {
        json["model"] = json_of(file.model, file.width);
        json["settings"] =
            file.method == PairingMethod::prompt_tuning ? json_of(file.soft_prompt) : nlohmann::ordered_json::object();
    }
    return write_settings(folder, json);
}

}  // namespace tandem
