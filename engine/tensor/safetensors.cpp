#include "engine/tensor/safetensors.h"

#include <set>
#include <unordered_map>

#include "engine/api/utf8.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tensor/safetensors_header.h"
#include "engine/tensor/safetensors_index.h"

namespace tandem {
namespace {

constexpr std::size_t largest_index = 64U << 20;

class LoadedSafetensors final : public SafetensorsFile {
public:
    LoadedSafetensors(std::vector<std::shared_ptr<const MappedFile>> files, SafetensorsContent content)
        : SafetensorsFile(std::move(content.tensors)),
          files_(std::move(files)),
          metadata_(std::move(content.metadata)) {}

    const std::map<std::string, std::string>& metadata() const override { return metadata_; }

private:
    std::vector<std::shared_ptr<const MappedFile>> files_;  // empty for bytes of the caller
    std::map<std::string, std::string> metadata_;
};

struct Shard {
    std::shared_ptr<const MappedFile> file;
    SafetensorsContent content;
};

Result<Shard> open_shard(const std::filesystem::path& path) {
    if (is_pickle_name(path)) {
        return pickle_refused("a file of PyTorch's own formats ('" + path.extension().string() + "')", path.string());
    }
    Shard shard;
    shard.file = TANDEM_TRY(MappedFile::open(path, EmptyFile::allowed));
    shard.content = TANDEM_TRY(read_safetensors(shard.file->bytes(), path.string()));
    return shard;
}

Error index_error(const char* code, const std::string& message, const std::filesystem::path& index) {
    return {.code = code,
            .message = message + "; nothing was loaded",
            .where = index.string(),
            .kind = ErrorKind::bad_input};
}

// Adds a shard's tensors to the whole.
Result<void> merge(Shard shard, const std::string& shard_name, const std::filesystem::path& index,
                   std::unordered_map<std::string, std::string>& owners, SafetensorsContent& whole) {
    for (TensorView& tensor : shard.content.tensors) {
        const auto [owner, fresh] = owners.emplace(tensor.name, shard_name);
        if (!fresh) {
            return index_error("IDX_DUPLICATE",
                               "tensor '" + printable(tensor.name) + "' is in '" + printable(owner->second) +
                                   "' and in '" + printable(shard_name) + "'",
                               index);
        }
        if (owners.size() > most_safetensors) {
            return index_error("IDX_TOO_MANY_TENSORS", "more than " + std::to_string(most_safetensors) + " tensors",
                               index);
        }
        whole.tensors.push_back(std::move(tensor));
    }
    whole.metadata.merge(shard.content.metadata);
    return {};
}

Result<std::shared_ptr<const SafetensorsFile>> open_sharded(const std::filesystem::path& index) {
    const auto text = TANDEM_TRY(MappedFile::open(index));
    if (text->bytes().size() > largest_index) {
        return index_error("IDX_TOO_LARGE", "the index has more than " + std::to_string(largest_index) + " bytes",
                           index);
    }
    const std::string_view json(reinterpret_cast<const char*>(text->bytes().data()), text->bytes().size());
    const auto weight_map = TANDEM_TRY(parse_weight_map(json, index.string()));
    std::set<std::string> shard_names;
    for (const auto& [tensor, shard] : weight_map) {
        shard_names.insert(shard);
    }
    std::vector<std::shared_ptr<const MappedFile>> files;
    std::unordered_map<std::string, std::string> owners;
    SafetensorsContent whole;
    for (const std::string& name : shard_names) {
        auto shard = open_shard(index.parent_path() / name);
        if (!shard.ok() && shard.error().code == "FILE_NOT_FOUND") {
            return index_error("IDX_SHARD_MISSING", "the index names '" + printable(name) + "', which is not beside it",
                               index);
        }
        Shard opened = TANDEM_TRY(std::move(shard));
        files.push_back(opened.file);
        TANDEM_TRY(merge(std::move(opened), name, index, owners, whole));
    }
    for (const auto& [tensor, shard] : weight_map) {
        const auto owner = owners.find(tensor);
        if (owner == owners.end() || owner->second != shard) {
            return index_error(
                "IDX_TENSOR_MISSING",
                "tensor '" + printable(tensor) + "' is said to be in '" + printable(shard) + "', where it is not",
                index);
        }
    }
    return std::shared_ptr<const SafetensorsFile>(
        std::make_shared<LoadedSafetensors>(std::move(files), std::move(whole)));
}

}  // namespace

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        const std::filesystem::path index = path / "model.safetensors.index.json";
        return std::filesystem::exists(index, ignored) ? open_sharded(index) : open(path / "model.safetensors");
    }
    Shard shard = TANDEM_TRY(open_shard(path));
    std::vector<std::shared_ptr<const MappedFile>> files{shard.file};
    return std::shared_ptr<const SafetensorsFile>(
        std::make_shared<LoadedSafetensors>(std::move(files), std::move(shard.content)));
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::parse(std::span<const std::byte> bytes,
                                                                      std::string name) {
    SafetensorsContent content = TANDEM_TRY(read_safetensors(bytes, name));
    return std::shared_ptr<const SafetensorsFile>(
        std::make_shared<LoadedSafetensors>(std::vector<std::shared_ptr<const MappedFile>>{}, std::move(content)));
}

}  // namespace tandem
