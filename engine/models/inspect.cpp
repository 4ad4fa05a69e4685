#include "engine/models/inspect.h"

#include <system_error>

#include "engine/models/inspect_parts.h"
#include "engine/models/inspect_sources.h"
#include "engine/tensor/foreign_file.h"

namespace tandem {
namespace {

constexpr std::string_view random_prefix = "random:";

Result<ModelFacts> inspect_random(std::string_view id) {
    ModelFacts facts;
    facts.format = "random";
    facts.shape = TANDEM_TRY(catalogue_shape(id));
    sum_shape(facts);
    return facts;
}

Result<ModelFacts> inspect_path(const std::filesystem::path& path) {
    std::error_code problem;
    const auto status = std::filesystem::status(path, problem);
    if (status.type() == std::filesystem::file_type::not_found) {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message =
                         "there is no such file or folder; need a .gguf file, a folder of Hugging Face files or "
                         "random:CATALOGUE-ID",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (std::filesystem::is_directory(status)) {
        return inspect_folder(path);
    }
    if (is_pickle_name(path)) {
        return pickle_refused("a file of PyTorch's own formats ('" + path.extension().string() + "')", path.string());
    }
    if (path.extension() == ".json") {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message = "this is one of the small files of a model; give the folder it is in, '" +
                                std::filesystem::absolute(path, problem).parent_path().string() + "'",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (path.extension() == ".onnx") {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message =
                         "ONNX graphs are not read; need a .gguf file or a folder of Hugging Face files with "
                         "config.json and safetensors",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (path.extension() == ".safetensors") {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message =
                         "weights alone do not say what model they are; give the folder that also has "
                         "config.json",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    return inspect_gguf(path);
}

}  // namespace

Result<ModelFacts> inspect_model(const std::string& location) {
    auto facts = location.starts_with(random_prefix)
                     ? inspect_random(std::string_view(location).substr(random_prefix.size()))
                     : inspect_path(location);
    if (facts.ok()) {
        facts->location = location;
    }
    return facts;
}

}  // namespace tandem
