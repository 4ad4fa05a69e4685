// A GGUF to Hugging Face files that transformers loads, by the family's list of tensors and its own description.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/api/utf8.h"
#include "engine/convert/conversions.h"
#include "engine/convert/target_place.h"
#include "engine/convert/tokenizer_files.h"
#include "engine/models/family.h"
#include "engine/models/inspect.h"

namespace tandem {
namespace {

Error refuse(const char* code, const std::string& message, const std::string& where,
             ErrorKind kind = ErrorKind::unsupported) {
    return {.code = code, .message = message + "; nothing was written", .where = where, .kind = kind};
}

const char* dtype_name(const WeightTarget& to) {
    if (to.is_type(TensorType::f16)) {
        return "float16";
    }
    return to.is_type(TensorType::bf16) ? "bfloat16" : "float32";
}

bool is_linear_weight(const TensorSpec& spec) {
    return spec.is_linear && (spec.part == Part::attention || spec.part == Part::mlp) && !spec.hugging_face.transposed;
}

// The licence of a GGUF where a folder's reader looks for it, in the head of the model card.
std::string licence_card(const GgufFile& file) {
    const auto licence = file.text("general.license");
    if (!licence || licence->empty()) {
        return "";
    }
    const bool is_word = licence->find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_") == std::string::npos;
    const std::string value = is_word ? *licence : nlohmann::ordered_json(printable(*licence)).dump();
    return "---\nlicense: " + value + "\n---\n";
}

}  // namespace

Result<void> gguf_to_folder(const GgufFile& file, Conversion& conversion) {
    const ConvertOptions& options = conversion.options;
    const ModelShape shape = TANDEM_TRY(shape_from_gguf(file));
    const FamilyDescription* family = family_description(shape.architecture);
    if (family == nullptr || family->to_config == nullptr) {
        return refuse("CONVERT_UNSUPPORTED",
                      "models of the family '" + shape.architecture +
                          "' are not written as a folder of Hugging Face by this version",
                      file.origin());
    }
    nlohmann::ordered_json config = TANDEM_TRY(family->to_config(shape));
    const TensorList list = family->tensors(shape);
    std::vector<TensorJob> jobs;
    std::vector<std::string> left_out;
    bool has_linear = false;
    std::set<const TensorView*> known;
    for (const TensorSpec& spec : list.specs()) {
        const TensorView* tensor = list.locate(file, spec, Naming::gguf);
        if (tensor == nullptr && !spec.optional && !spec.derived && !spec.gguf.name.empty()) {
            return refuse("MODEL_TENSOR_MISSING", "there is no tensor '" + spec.gguf.name + "'", file.origin(),
                          ErrorKind::bad_input);
        }
        if (tensor == nullptr) {
            continue;
        }
        known.insert(tensor);
        TensorJob job = TANDEM_TRY(translated_job(spec, *tensor, Naming::gguf, Naming::hugging_face));
        TANDEM_TRY(dequantise(tensor->type, {}, {}));
        has_linear = has_linear || is_linear_weight(spec);
        if ((spec.is_linear || spec.part == Part::output) && spec.shape.size() == 2 && !is_linear_weight(spec)) {
            left_out.push_back(spec.hugging_face.name);
        }
        TANDEM_TRY(append_folder_job(std::move(job), options.to, is_linear_weight(spec), jobs));
    }
    for (const TensorView& tensor : file.tensors()) {
        const bool ignored = std::ranges::any_of(
            list.ignored(), [&](const std::string& part) { return tensor.name.find(part) != std::string::npos; });
        if (!ignored && !known.contains(&tensor)) {
            return refuse("MODEL_TENSOR_UNKNOWN",
                          "this version does not know what tensor '" + printable(tensor.name) + "' is for",
                          file.origin(), ErrorKind::bad_input);
        }
    }
    config["dtype"] = dtype_name(options.to);
    if (options.to.kind == WeightTarget::Kind::int8) {
        if (!has_linear) {
            return refuse("CONVERT_UNSUPPORTED", no_linear_layers, file.origin());
        }
        config["quantization_config"] = nlohmann::ordered_json::parse(int8_config_json(left_out));
    }
    TargetFolder folder = TANDEM_TRY(TargetFolder::create(conversion.target));
    if (options.tokenizer && file.has("tokenizer.ggml.model") && *file.text("tokenizer.ggml.model") != "no_vocab") {
        for (std::string& name : TANDEM_TRY(write_tokenizer_files(file, folder.path(), config))) {
            conversion.report.files.push_back(std::move(name));
        }
    } else {
        conversion.report.notes.emplace_back("W_NO_TOKENIZER: the folder has no tokenizer; it computes with ids only");
    }
    if (const std::string card = licence_card(file); !card.empty()) {
        TANDEM_TRY(write_small_file(folder.path() / "README.md", card, conversion));
    }
    TANDEM_TRY(write_small_file(folder.path() / "config.json", config.dump(2) + "\n", conversion));
    TANDEM_TRY(write_shards(std::move(jobs), folder.path(), conversion));
    return folder.commit();
}

}  // namespace tandem
