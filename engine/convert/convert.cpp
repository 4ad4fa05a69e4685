#include "engine/convert/convert.h"

#include "engine/convert/conversions.h"
#include "engine/convert/target_place.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Result<void> check_target_type(const WeightTarget& to, bool to_gguf, const fs::path& target) {
    if (!to_gguf && to.kind == WeightTarget::Kind::type && is_quantised(to.type)) {
        return Error{.code = "CONVERT_UNSUPPORTED",
                     .message = "a folder of safetensors has no type for " + to.name() +
                                "; it takes f32, f16, bf16 and int8, a target that ends in .gguf takes " + to.name() +
                                "; nothing was written",
                     .where = target.string(),
                     .kind = ErrorKind::unsupported};
    }
    return {};
}

}  // namespace

Result<ConvertReport> convert_model(const fs::path& source, const fs::path& target, const ConvertOptions& options) {
    std::error_code ignored;
    if (!fs::exists(source, ignored)) {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message = "there is no such file or folder; nothing was written",
                     .where = source.string(),
                     .kind = ErrorKind::bad_input};
    }
    const fs::path place = TANDEM_TRY(check_target(source, target, options.existing));
    remove_leftovers(place);
    const bool to_gguf = target.extension() == ".gguf";
    TANDEM_TRY(check_target_type(options.to, to_gguf, target));
    Conversion conversion{.source = source, .target = place, .options = options, .report = {}};
    conversion.report.target_format = to_gguf ? "gguf" : "safetensors";
    if (fs::is_directory(source, ignored)) {
        conversion.report.source_format = "safetensors";
        const auto file = TANDEM_TRY(SafetensorsFile::open(source));
        TANDEM_TRY(to_gguf ? folder_to_gguf(*file, conversion) : folder_to_folder(*file, conversion));
    } else {
        conversion.report.source_format = "gguf";
        const auto file = TANDEM_TRY(GgufFile::open(source));
        TANDEM_TRY(to_gguf ? gguf_to_gguf(*file, conversion) : gguf_to_folder(*file, conversion));
    }
    return std::move(conversion.report);
}

}  // namespace tandem
