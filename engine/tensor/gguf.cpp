#include "engine/tensor/gguf.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/gguf_cursor.h"
#include "engine/tensor/gguf_sections.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

constexpr std::uint64_t most_tensors = 131072;
constexpr std::uint64_t most_entries = 65536;

class LoadedGguf final : public GgufFile {
public:
    LoadedGguf(std::shared_ptr<const MappedFile> file, std::string name, std::uint32_t version, GgufMetadata metadata,
               std::vector<TensorView> tensors)
        : GgufFile(std::move(tensors), std::move(name)),
          file_(std::move(file)),
          version_(version),
          metadata_(std::move(metadata.values)),
          stored_(std::move(metadata.stored)) {}

    const std::map<std::string, GgufValue, std::less<>>& metadata() const override { return metadata_; }
    std::span<const GgufStored> stored() const override { return stored_; }
    std::uint32_t version() const override { return version_; }

private:
    std::shared_ptr<const MappedFile> file_;  // null for bytes of the caller
    std::uint32_t version_;
    std::map<std::string, GgufValue, std::less<>> metadata_;
    std::vector<GgufStored> stored_;
};

Result<std::uint32_t> read_version(GgufCursor& cursor, const std::string& name) {
    const auto bytes = cursor.bytes();
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 4));
    if (head != "GGUF") {
        if (const auto foreign = recognise_foreign(bytes)) {
            return not_a_model(*foreign, "a GGUF file", name);
        }
        if (bytes.size() < 4) {
            return cursor.fault("GGUF_TRUNCATED",
                                "need 4 bytes for the magic, the file has " + std::to_string(bytes.size()));
        }
        const std::size_t most = std::min<std::size_t>(bytes.size(), 64);
        const std::string_view start(reinterpret_cast<const char*>(bytes.data()), most);
        const bool is_text = std::ranges::all_of(start, [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t';
        });
        return cursor.fault("GGUF_BAD_MAGIC", "the file does not begin with the letters GGUF; it begins with '" +
                                                  printable(head) + (is_text ? "', as a text would" : "'"));
    }
    cursor.take(4);
    const auto version = TANDEM_TRY(cursor.number<std::uint32_t>("the version"));
    if (version != 0 && (version & 0xFFFFU) == 0) {
        return cursor.fault("GGUF_BIG_ENDIAN", "the file was written for big-endian machines; convert it again");
    }
    if (version < 2 || version > 3) {
        return cursor.fault("GGUF_VERSION", "found version " + std::to_string(version) + ", supported are 2..3");
    }
    return version;
}

Result<std::shared_ptr<const GgufFile>> read_gguf(std::span<const std::byte> bytes, std::string name,
                                                  std::shared_ptr<const MappedFile> file) {
    GgufCursor cursor(bytes, name);
    const std::uint32_t version = TANDEM_TRY(read_version(cursor, name));
    const auto tensor_count = TANDEM_TRY(cursor.number<std::uint64_t>("the number of tensors"));
    const auto entry_count = TANDEM_TRY(cursor.number<std::uint64_t>("the number of metadata entries"));
    if (tensor_count > most_tensors || entry_count > most_entries) {
        return cursor.fault("GGUF_COUNT", "found " + std::to_string(tensor_count) + " tensors and " +
                                              std::to_string(entry_count) + " metadata entries, allowed are " +
                                              std::to_string(most_tensors) + " and " + std::to_string(most_entries));
    }
    GgufMetadata metadata = TANDEM_TRY(read_gguf_metadata(cursor, entry_count));
    std::vector<TensorView> tensors = TANDEM_TRY(read_gguf_directory(cursor, tensor_count, metadata.alignment));
    return std::shared_ptr<const GgufFile>(std::make_shared<LoadedGguf>(std::move(file), std::move(name), version,
                                                                        std::move(metadata), std::move(tensors)));
}

std::string found_name(const GgufValue& value) {
    struct Namer {
        std::string operator()(std::int64_t) const { return "an integer"; }
        std::string operator()(double) const { return "a float"; }
        std::string operator()(bool) const { return "a bool"; }
        std::string operator()(const std::string&) const { return "a string"; }
        std::string operator()(const std::vector<std::int64_t>& v) const { return sized("integer", v.size()); }
        std::string operator()(const std::vector<double>& v) const { return sized("float", v.size()); }
        std::string operator()(const std::vector<bool>& v) const { return sized("bool", v.size()); }
        std::string operator()(const std::vector<std::string>& v) const { return sized("string", v.size()); }
        static std::string sized(const char* element, std::size_t count) {
            return std::string(element) + "[" + std::to_string(count) + "]";
        }
    };
    return std::visit(Namer{}, value);
}

template <class T>
Result<T> look_up(const GgufFile& file, std::string_view key, std::string_view need) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) {
        return Error{.code = "GGUF_KV_MISSING",
                     .message = "the metadata has no '" + std::string(key) + "', need " + std::string(need),
                     .where = file.origin(),
                     .kind = ErrorKind::bad_input};
    }
    const T* value = std::get_if<T>(&found->second);
    if (value == nullptr) {
        return Error{
            .code = "GGUF_KV_TYPE",
            .message = "'" + std::string(key) + "': need " + std::string(need) + ", found " + found_name(found->second),
            .where = file.origin(),
            .kind = ErrorKind::bad_input};
    }
    return *value;
}

}  // namespace

Result<std::shared_ptr<const GgufFile>> GgufFile::open(const std::filesystem::path& path) {
    auto file = TANDEM_TRY(MappedFile::open(path));
    const auto bytes = file->bytes();
    return read_gguf(bytes, path.string(), std::move(file));
}

Result<std::shared_ptr<const GgufFile>> GgufFile::parse(std::span<const std::byte> bytes, std::string name) {
    return read_gguf(bytes, std::move(name), nullptr);
}

Result<std::int64_t> GgufFile::integer(std::string_view key) const {
    return look_up<std::int64_t>(*this, key, "an integer");
}
Result<double> GgufFile::real(std::string_view key) const {
    return look_up<double>(*this, key, "float32");
}
Result<std::string> GgufFile::text(std::string_view key) const {
    return look_up<std::string>(*this, key, "a string");
}
Result<std::vector<std::string>> GgufFile::texts(std::string_view key) const {
    return look_up<std::vector<std::string>>(*this, key, "string[n]");
}
Result<std::vector<std::int64_t>> GgufFile::integers(std::string_view key) const {
    return look_up<std::vector<std::int64_t>>(*this, key, "integer[n]");
}
Result<std::vector<double>> GgufFile::reals(std::string_view key) const {
    return look_up<std::vector<double>>(*this, key, "float32[n]");
}
bool GgufFile::has(std::string_view key) const {
    return metadata().find(key) != metadata().end();
}

}  // namespace tandem
