#include "engine/training/write_trained.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/tensor/output_file.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Error file_fault(const fs::path& where, const std::string& doing, const std::error_code& failure) {
    return {.code = "FILE_IO",
            .message = doing + " failed (" + failure.message() + ")",
            .where = where.string(),
            .kind = ErrorKind::io};
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    return failure ? Result<void>(file_fault(folder, "making the folder", failure)) : Result<void>();
}

TensorPlan planned(const std::string& name, const at::Tensor& tensor) {
    return {name, tensor.scalar_type() == at::kBFloat16 ? TensorType::bf16 : TensorType::f32, tensor.sizes().vec()};
}

Result<void> append(SafetensorsWriter& writer, const at::Tensor& tensor) {
    return writer.append({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()});
}

// A tensor of the new file: the old one's, or a trained one.
struct Written {
    const TensorView* kept = nullptr;
    const TensorSpec* spec = nullptr;
    at::Tensor trained;
};

// By the names of the file. What nothing is computed from is left out: repeated copies would keep their old numbers.
std::map<std::string, Written> tensors_to_write(const TrainableModel& model, const WeightFile& file) {
    std::map<std::string, at::Tensor> trained;
    for (const Parameter& parameter : model.parameters) {
        trained[parameter.name] = parameter.value;
    }
    std::map<std::string, Written> all;
    for (const TensorView& view : file.tensors()) {
        const TensorSpec* spec = model.tensors.find_in_folder(view.name);
        if (spec == nullptr || model.tensors.locate(file, *spec, Naming::hugging_face) != &view) {
            continue;
        }
        if (const auto found = trained.find(spec->name()); found != trained.end()) {
            all[view.name] = {.spec = spec, .trained = found->second};
        } else if (!spec->derived || model.tensors.has_own(file, *spec, Naming::hugging_face)) {
            all[view.name] = {.kept = &view};
        }
    }
    return all;
}

Result<void> write_model(const TrainableModel& model, const WeightFile& file, const fs::path& path) {
    const auto all = tensors_to_write(model, file);
    std::vector<TensorPlan> plan;
    for (const auto& [name, written] : all) {
        plan.push_back(written.kept != nullptr ? TensorPlan{name, written.kept->type, written.kept->shape}
                                               : planned(name, stored_in_folder(*written.spec, written.trained)));
    }
    SafetensorsWriter writer = TANDEM_TRY(SafetensorsWriter::create(path, plan, {{"format", "pt"}}));
    for (const auto& [name, written] : all) {
        TANDEM_TRY(written.kept != nullptr ? writer.append(written.kept->data)
                                           : append(writer, stored_in_folder(*written.spec, written.trained)));
    }
    return writer.finish();
}

}  // namespace

Result<void> write_trained_folder(const TrainableModel& model, const fs::path& base, const fs::path& folder) {
    std::error_code failure;
    if (!fs::is_directory(base, failure)) {
        return Error{.code = "TRAIN_UNSUPPORTED",
                     .message =
                         "a whole model is written beside the files of its folder, and this one has no folder; "
                         "nothing was written",
                     .where = base.string(),
                     .kind = ErrorKind::unsupported};
    }
    const auto file = TANDEM_TRY(SafetensorsFile::open(base));
    TANDEM_TRY(make_folder(folder));
    for (const auto& entry : fs::directory_iterator(base, failure)) {
        const std::string name = entry.path().filename();
        const bool weights = name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") ||
                             name.ends_with(".gguf") || name.ends_with(".bin");
        if (entry.is_regular_file() && !weights) {
            fs::copy_file(entry.path(), folder / name, fs::copy_options::overwrite_existing, failure);
            if (failure) {
                return file_fault(folder / name, "copying it", failure);
            }
        }
    }
    return translate_torch("write a trained model",
                           [&] { return write_model(model, *file, folder / "model.safetensors"); });
}

Result<void> write_adapter_folder(const TrainableModel& model, const std::string& base, const fs::path& folder) {
    TANDEM_TRY(make_folder(folder));
    std::vector<TensorPlan> plan;
    std::vector<at::Tensor> tensors;
    std::vector<std::string> modules;
    bool turned = false;
    for (const Parameter& parameter : model.parameters) {
        const std::size_t dot = parameter.name.rfind(".lora_");
        if (dot == std::string::npos) {
            continue;
        }
        const std::string module = parameter.name.substr(0, dot);
        const TensorSpec* spec = model.tensors.find(module + ".weight");
        const bool is_up = parameter.name.ends_with("lora_B");
        const at::Tensor own = parameter.value.detach().to(at::kCPU);
        tensors.push_back((is_up && spec != nullptr ? folder_rows(*spec, own) : own).contiguous());
        plan.push_back(planned("base_model.model." + parameter.name + ".weight", tensors.back()));
        turned = turned || (spec != nullptr && spec->hugging_face.transposed);
        if (is_up) {
            modules.push_back(module);
        }
    }
    if (modules.empty()) {
        return Error{.code = "TRAIN_UNSUPPORTED",
                     .message = "the model has no low-rank pairs to write as an adapter; nothing was written",
                     .kind = ErrorKind::unsupported};
    }
    const bool both = dynamic_cast<const EncoderDecoderLm*>(model.model.get()) != nullptr;
    const nlohmann::ordered_json config{{"peft_type", "LORA"},
                                        {"task_type", both ? "SEQ_2_SEQ_LM" : "CAUSAL_LM"},
                                        {"base_model_name_or_path", base},
                                        {"r", model.low_rank.rank},
                                        {"lora_alpha", model.low_rank.alpha},
                                        {"lora_dropout", 0.0},
                                        {"bias", "none"},
                                        {"fan_in_fan_out", turned},
                                        {"target_modules", modules}};
    OutputFile text = TANDEM_TRY(OutputFile::create(folder / "adapter_config.json"));
    TANDEM_TRY(text.append(config.dump(2) + "\n"));
    TANDEM_TRY(text.commit());
    SafetensorsWriter writer =
        TANDEM_TRY(SafetensorsWriter::create(folder / "adapter_model.safetensors", plan, {{"format", "pt"}}));
    for (const at::Tensor& tensor : tensors) {
        TANDEM_TRY(append(writer, tensor));
    }
    return writer.finish();
}

}  // namespace tandem
