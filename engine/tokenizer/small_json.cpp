#include "engine/tokenizer/small_json.h"

#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

bool is_there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Result<Json> read_small_json(const std::filesystem::path& path) {
    constexpr JsonBounds small_file{.bytes = 16U << 20, .values = 1U << 20, .depth = 64};
    if (!is_there(path)) {
        return Json();
    }
    const auto file = TANDEM_TRY(MappedFile::open(path));
    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    Json tree = TANDEM_TRY(parse_bounded_json(text, path.string(), small_file));
    if (!tree.is_object()) {
        return config_error("need a JSON object, found " + shown(tree), path.string());
    }
    return tree;
}

}  // namespace tandem
