// Hugging Face files in another number format: everything but weights and what config.json says of them is copied.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/api/utf8.h"
#include "engine/convert/conversions.h"
#include "engine/convert/target_place.h"
#include "engine/models/family.h"
#include "engine/models/inspect.h"
#include "engine/models/int8_weights.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

Error refuse(const std::string& message, const fs::path& where) {
    return {.code = "CONVERT_UNSUPPORTED",
            .message = message + "; nothing was written",
            .where = where.string(),
            .kind = ErrorKind::unsupported};
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Json> read_config(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    const std::string_view text = text_of(file->bytes());
    Json config = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
    if (!config.is_object()) {
        return Error{.code = "CFG_NOT_JSON",
                     .message = "the configuration is not a JSON object; nothing was written",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    return config;
}

const char* dtype_name(TensorType type) {
    return type == TensorType::f16 ? "float16" : type == TensorType::bf16 ? "bfloat16" : "float32";
}

// Old and new spelling, also where a part of the model has a configuration of its own.
void set_dtype(Json& config, const char* name, bool is_whole) {
    bool found = false;
    for (const char* key : {"torch_dtype", "dtype"}) {
        if (config.contains(key)) {
            config[key] = name;
            found = true;
        }
    }
    if (is_whole && !found) {
        config["dtype"] = name;
    }
    for (auto& [key, value] : config.items()) {
        if (value.is_object() && key.ends_with("_config") && key != "quantization_config") {
            set_dtype(value, name, false);
        }
    }
}

bool is_weights(const fs::path& path) {
    constexpr std::array<std::string_view, 6> endings{".safetensors", ".gguf", ".h5", ".msgpack", ".onnx", ".npz"};
    const std::string extension = path.extension().string();
    return is_pickle_name(path) || path.filename().string().ends_with(".safetensors.index.json") ||
           std::find(endings.begin(), endings.end(), extension) != endings.end();
}

bool is_tokenizer(const std::string& name) {
    return name.starts_with("tokenizer") || name.starts_with("vocab") || name.starts_with("merges") ||
           name.starts_with("special_tokens") || name.starts_with("added_tokens") ||
           name.starts_with("chat_template") || name.ends_with(".model");
}

Result<void> copy_other_files(const fs::path& from, const fs::path& to, Conversion& conversion) {
    std::vector<fs::path> paths;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(from, failed)) {
        std::error_code ignored;
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file(ignored) && !name.starts_with('.') && name != "config.json" &&
            !is_weights(entry.path()) && (conversion.options.tokenizer || !is_tokenizer(name))) {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
        const auto file = TANDEM_TRY(MappedFile::open(path, EmptyFile::allowed));
        TANDEM_TRY(write_small_file(to / path.filename(), text_of(file->bytes()), conversion));
    }
    return {};
}

// The names of linear layers' weights in the file; those of the output, and of parts that are not computed, are left
// as they are.
struct LinearNames {
    std::set<std::string> weights;
    std::vector<std::string> left_out;
};

Result<LinearNames> linear_names(const SafetensorsFile& file, const fs::path& source) {
    const ModelFacts facts = TANDEM_TRY(inspect_model(source.string()));
    const TensorList list = family_description(facts.shape.architecture)->tensors(facts.shape);
    LinearNames names;
    std::set<std::string> tables;
    for (const TensorSpec& spec : list.specs()) {
        const TensorView* tensor = list.locate(file, spec, Naming::hugging_face);
        if (tensor == nullptr || spec.shape.size() != 2 || spec.hugging_face.transposed) {
            continue;
        }
        if (spec.is_linear && (spec.part == Part::attention || spec.part == Part::mlp)) {
            names.weights.insert(tensor->name);
        } else if (!spec.is_linear && spec.part != Part::output) {
            tables.insert(tensor->name);
        }
    }
    if (names.weights.empty()) {
        return refuse(no_linear_layers, source);
    }
    for (const TensorView& tensor : file.tensors()) {
        if (tensor.shape.size() == 2 && tensor.name.ends_with(".weight") && !names.weights.contains(tensor.name) &&
            !tables.contains(tensor.name)) {
            names.left_out.push_back(tensor.name);
        }
    }
    return names;
}

}  // namespace

Result<void> folder_to_folder(const SafetensorsFile& file, Conversion& conversion) {
    const WeightTarget& to = conversion.options.to;
    const fs::path config_path = conversion.source / "config.json";
    Json config = TANDEM_TRY(read_config(config_path));
    const bool has_int8 =
        std::ranges::any_of(file.tensors(), [&](const TensorView& one) { return int8_scales(file, one) != nullptr; });
    if (config.contains("quantization_config") && !config["quantization_config"].is_null() && !has_int8) {
        return refuse("the weights are quantised in a way that this version does not read (quantization_config)",
                      config_path);
    }
    LinearNames linear;
    if (to.kind == WeightTarget::Kind::int8) {
        linear = TANDEM_TRY(linear_names(file, conversion.source));
        config["quantization_config"] = Json::parse(int8_config_json(linear.left_out));
    } else if (has_int8 && to.kind == WeightTarget::Kind::type) {
        config.erase("quantization_config");
    }
    if (to.kind == WeightTarget::Kind::type) {
        set_dtype(config, dtype_name(to.type), true);
    }
    std::vector<TensorJob> jobs;
    for (const TensorView& tensor : file.tensors()) {
        TensorJob job = copy_job(tensor);
        if (to.kind == WeightTarget::Kind::keep) {
            jobs.push_back(std::move(job));
            continue;
        }
        if (is_int8_scale(file, tensor)) {
            continue;
        }
        job.scales = int8_scales(file, tensor);
        TANDEM_TRY(append_folder_job(std::move(job), to, linear.weights.contains(tensor.name), jobs));
    }
    TargetFolder folder = TANDEM_TRY(TargetFolder::create(conversion.target));
    TANDEM_TRY(copy_other_files(conversion.source, folder.path(), conversion));
    TANDEM_TRY(write_small_file(folder.path() / "config.json", config.dump(2) + "\n", conversion));
    TANDEM_TRY(write_shards(std::move(jobs), folder.path(), conversion));
    return folder.commit();
}

}  // namespace tandem
