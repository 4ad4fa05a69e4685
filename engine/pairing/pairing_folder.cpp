#include "engine/pairing/pairing_folder.h"

#include <array>
#include <cstring>

#include "engine/pairing/pairing_settings.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view numbers_file = "projector.safetensors";
constexpr std::string_view vectors_file = "soft_prompt.safetensors";
constexpr std::string_view vectors_name = "vectors";

Error folder_error(std::string message, std::string where) {
    return {.code = "PAIRING_FOLDER", .message = std::move(message), .where = std::move(where)};
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

Result<PairingFile> read_of_method(const fs::path& folder, PairingMethod method) {
    PairingFile file = TANDEM_TRY(read_pairing_file(folder));
    if (file.method != method) {
        return folder_error("it is a pairing of the method " + std::string(enum_name(file.method)) +
                                ", needed is one of method " + std::string(enum_name(method)) + "; nothing was loaded",
                            (folder / pairing_file_name).string());
    }
    return file;
}

}  // namespace

Result<void> save_pairing(const fs::path& folder, const SavedPairing& pairing) {
    TANDEM_TRY(make_folder(folder));
    TANDEM_TRY(write_numbers(folder / numbers_file, pairing.projector.parameters()));
    const ProjectorWidths widths = pairing.projector.widths();
    return write_pairing_file(
        folder,
        {.method = PairingMethod::llm_to_slm,
         .model = pairing.small,
         .width = widths.target,
         .partner = pairing.large,
         .partner_width = widths.source,
         .guidance = {.settings = pairing.settings, .llm_prompt = pairing.llm_prompt, .llm_dtype = pairing.llm_dtype}});
}

Result<SavedPairing> load_pairing(const fs::path& folder, at::Device device) {
    PairingFile file = TANDEM_TRY(read_of_method(folder, PairingMethod::llm_to_slm));
    std::vector<NamedTensor> numbers = TANDEM_TRY(read_numbers(folder / numbers_file, device));
    Projector projector = TANDEM_TRY(Projector::from_parameters(
        file.guidance.settings.projector, {.source = file.partner_width, .target = file.width}, std::move(numbers)));
    return SavedPairing{.large = std::move(file.partner),
                        .small = std::move(file.model),
                        .settings = file.guidance.settings,
                        .projector = std::move(projector),
                        .llm_prompt = std::move(file.guidance.llm_prompt),
                        .llm_dtype = file.guidance.llm_dtype};
}

Result<void> save_soft_prompt(const fs::path& folder, const SavedSoftPrompt& soft) {
    TANDEM_TRY(make_folder(folder));
    const std::array<NamedTensor, 1> numbers{{{std::string(vectors_name), soft.vectors}}};
    TANDEM_TRY(write_numbers(folder / vectors_file, numbers));
    return write_pairing_file(folder, {.method = PairingMethod::prompt_tuning,
                                       .model = soft.model,
                                       .width = soft.vectors.size(1),
                                       .soft_prompt = soft.options});
}

Result<SavedSoftPrompt> load_soft_prompt(const fs::path& folder, at::Device device) {
    PairingFile file = TANDEM_TRY(read_of_method(folder, PairingMethod::prompt_tuning));
    SavedSoftPrompt soft{.model = std::move(file.model), .options = file.soft_prompt, .vectors = {}};
    std::vector<NamedTensor> numbers = TANDEM_TRY(read_numbers(folder / vectors_file, device));
    if (numbers.size() != 1 || numbers[0].name != vectors_name ||
        numbers[0].tensor.sizes() != at::IntArrayRef({soft.options.soft_tokens, file.width})) {
        return folder_error("needed is one tensor, vectors, of the shape [" + std::to_string(soft.options.soft_tokens) +
                                ", " + std::to_string(file.width) + "] that pairing.json says; nothing was loaded",
                            (folder / vectors_file).string());
    }
    soft.vectors = std::move(numbers[0].tensor);
    return soft;
}

}  // namespace tandem
