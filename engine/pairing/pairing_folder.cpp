#include "engine/pairing/pairing_folder.h"

#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/tensor/mapped_file.h"
#include "engine/tensor/output_file.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "engine/tensor/torch_error.h"
#include "engine/tokenizer/bounded_json.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format = "tandem-pairing-1";
constexpr std::string_view settings_file = "pairing.json";
constexpr std::string_view numbers_file = "projector.safetensors";
constexpr std::string_view vectors_file = "soft_prompt.safetensors";
constexpr std::string_view vectors_name = "vectors";

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

Result<void> write_numbers(const fs::path& path, std::span<const NamedTensor> parameters) {
    std::vector<TensorPlan> plans;
    std::vector<at::Tensor> numbers;
    TANDEM_TRY(translate_torch("read what was trained", [&] {
        for (const NamedTensor& parameter : parameters) {
            plans.push_back({.name = parameter.name, .type = TensorType::f32, .shape = parameter.tensor.sizes().vec()});
            numbers.push_back(parameter.tensor.detach().to(at::kCPU, at::kFloat).contiguous());
        }
    }));
    SafetensorsWriter writer = TANDEM_TRY(SafetensorsWriter::create(path, plans, {{"format", "pt"}}));
    for (const at::Tensor& tensor : numbers) {
        const auto* bytes = static_cast<const std::byte*>(tensor.const_data_ptr());
        TANDEM_TRY(writer.append({bytes, tensor.nbytes()}));
    }
    return writer.finish();
}

Result<std::vector<NamedTensor>> read_numbers(const fs::path& path, at::Device device) {
    const auto file = TANDEM_TRY(SafetensorsFile::open(path));
    return translate_torch("load what was trained", [&]() -> Result<std::vector<NamedTensor>> {
        std::vector<NamedTensor> numbers;
        for (const TensorView& view : file->tensors()) {
            if (view.type != TensorType::f32) {
                return folder_error(view.name + " is " + std::string(tensor_type_info(view.type).name) +
                                        ", needed is F32; nothing was loaded",
                                    path.string());
            }
            at::Tensor tensor = at::empty(view.shape, at::kFloat);
            std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
            if (!at::isfinite(tensor).all().item<bool>()) {
                return folder_error(view.name + " has numbers that are not finite; nothing was loaded", path.string());
            }
            numbers.push_back({view.name, tensor.to(device)});
        }
        return numbers;
    });
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) {
        return Error{.code = "FILE_IO",
                     .message = "the folder cannot be made: " + failed.message(),
                     .where = folder.string(),
                     .kind = ErrorKind::io};
    }
    return {};
}

Result<void> write_settings(const fs::path& folder, const nlohmann::ordered_json& json) {
    OutputFile file = TANDEM_TRY(OutputFile::create(folder / settings_file));
    TANDEM_TRY(file.append(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"));
    return file.commit();
}

// pairing.json of this format and a method.
Result<Json> read_settings(const fs::path& folder, std::string_view method) {
    const std::string where = (folder / settings_file).string();
    const auto file = MappedFile::open(folder / settings_file);
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
    if (!is("format", format) || !is("method", method) || !json.contains("settings") || !json["settings"].is_object()) {
        return folder_error("it is no pairing of format " + std::string(format) + " with method " +
                                std::string(method) + " and settings; nothing was loaded",
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

}  // namespace

Result<void> save_pairing(const fs::path& folder, const SavedPairing& pairing) {
    TANDEM_TRY(make_folder(folder));
    TANDEM_TRY(write_numbers(folder / numbers_file, pairing.projector.parameters()));
    const ProjectorWidths widths = pairing.projector.widths();
    nlohmann::ordered_json settings;
    PairingSettings::visit(pairing.settings, JsonWriter{settings});
    return write_settings(folder, {{"format", format},
                                   {"method", enum_name(PairingMethod::llm_to_slm)},
                                   {"large", json_of(pairing.large, widths.source)},
                                   {"small", json_of(pairing.small, widths.target)},
                                   {"settings", settings}});
}

Result<SavedPairing> load_pairing(const fs::path& folder, at::Device device) {
    const std::string where = (folder / settings_file).string();
    const Json json = TANDEM_TRY(read_settings(folder, enum_name(PairingMethod::llm_to_slm)));
    const PairingSettings settings = TANDEM_TRY(settings_of<PairingSettings>(json, where));
    ProjectorWidths widths;
    ModelRef large = TANDEM_TRY(model_of(json, "large", widths.source, where));
    ModelRef small = TANDEM_TRY(model_of(json, "small", widths.target, where));
    std::vector<NamedTensor> numbers = TANDEM_TRY(read_numbers(folder / numbers_file, device));
    Projector projector = TANDEM_TRY(Projector::from_parameters(settings.projector, widths, std::move(numbers)));
    return SavedPairing{
        .large = std::move(large), .small = std::move(small), .settings = settings, .projector = std::move(projector)};
}

Result<void> save_soft_prompt(const fs::path& folder, const SavedSoftPrompt& soft) {
    TANDEM_TRY(make_folder(folder));
    const std::array<NamedTensor, 1> numbers{{{std::string(vectors_name), soft.vectors}}};
    TANDEM_TRY(write_numbers(folder / vectors_file, numbers));
    nlohmann::ordered_json settings;
    SoftPromptOptions::visit(soft.options, JsonWriter{settings});
    return write_settings(folder, {{"format", format},
                                   {"method", enum_name(PairingMethod::prompt_tuning)},
                                   {"model", json_of(soft.model, soft.vectors.size(1))},
                                   {"settings", settings}});
}

Result<SavedSoftPrompt> load_soft_prompt(const fs::path& folder, at::Device device) {
    const std::string where = (folder / settings_file).string();
    const Json json = TANDEM_TRY(read_settings(folder, enum_name(PairingMethod::prompt_tuning)));
    SavedSoftPrompt soft{
        .model = {}, .options = TANDEM_TRY(settings_of<SoftPromptOptions>(json, where)), .vectors = {}};
    std::int64_t width = 0;
    soft.model = TANDEM_TRY(model_of(json, "model", width, where));
    std::vector<NamedTensor> numbers = TANDEM_TRY(read_numbers(folder / vectors_file, device));
    if (numbers.size() != 1 || numbers[0].name != vectors_name ||
        numbers[0].tensor.sizes() != at::IntArrayRef({soft.options.soft_tokens, width})) {
        return folder_error("needed is one tensor, vectors, of the shape [" + std::to_string(soft.options.soft_tokens) +
                                ", " + std::to_string(width) + "] that pairing.json says; nothing was loaded",
                            (folder / vectors_file).string());
    }
    soft.vectors = std::move(numbers[0].tensor);
    return soft;
}

}  // namespace tandem
