#include "engine/tensor/gguf_write.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "engine/api/utf8.h"
#include "engine/tensor/checked.h"
#include "engine/tensor/gguf_types.h"

namespace tandem {
namespace {

constexpr std::size_t most_tensors = 131072;
constexpr std::size_t most_entries = 65536;
constexpr std::uint32_t version = 3;

Error fault(const char* code, const std::string& message) {
    return {.code = code, .message = message + "; nothing was written", .kind = ErrorKind::bad_input};
}

template <class T>
void put(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& bytes, const std::string& text) {
    put<std::uint64_t>(bytes, text.size());
    bytes += text;
}

Result<std::uint32_t> alignment_of(std::span<const GgufEntry> entries) {
    std::uint32_t alignment = 32;
    std::unordered_set<std::string_view> keys;
    for (const GgufEntry& entry : entries) {
        if (!keys.insert(entry.key).second) {
            return fault("GGUF_KV_DUPLICATE", "metadata key '" + printable(entry.key) + "' occurs twice");
        }
        if (entry.key != "general.alignment") {
            continue;
        }
        if (entry.kind != GgufKind::u32 || entry.bytes.size() != sizeof alignment) {
            return fault("GGUF_ALIGNMENT", "general.alignment is not a 32-bit unsigned integer");
        }
        std::memcpy(&alignment, entry.bytes.data(), sizeof alignment);
        if (alignment < 8 || alignment > 65536 || (alignment & (alignment - 1)) != 0) {
            return fault("GGUF_ALIGNMENT", "general.alignment is " + std::to_string(alignment) +
                                               ", allowed are powers of two from 8 to 65536");
        }
    }
    return alignment;
}

Result<std::uint32_t> checked_type(const TensorPlan& tensor, std::unordered_set<std::string_view>& names) {
    const std::string quoted = "tensor '" + printable(tensor.name) + "' ";
    if (tensor.name.empty() || tensor.name.size() > 63 || tensor.name.find('\0') != std::string::npos ||
        find_invalid_utf8(tensor.name)) {
        return fault("GGUF_TENSOR_NAME", quoted + "needs a name of 1..63 bytes of text");
    }
    if (!names.insert(tensor.name).second) {
        return fault("GGUF_TENSOR_DUPLICATE", quoted + "occurs twice");
    }
    if (tensor.shape.size() > 4) {
        return fault("GGUF_TENSOR_DIMS",
                     quoted + "has " + std::to_string(tensor.shape.size()) + " dimensions, allowed are 0..4");
    }
    const auto type = gguf_type_id(tensor.type);
    if (!type) {
        return fault("GGUF_TYPE",
                     quoted + "is " + std::string(tensor_type_info(tensor.type).name) + ", which GGUF has no type for");
    }
    return *type;
}

struct Head {
    std::string bytes;  // padded to where the data begins
    std::vector<std::int64_t> sizes;
    std::int64_t alignment = 32;
    std::int64_t data_bytes = 0;  // padding included
};

Result<Head> make_head(std::span<const GgufEntry> entries, std::span<const TensorPlan> tensors) {
    if (tensors.size() > most_tensors || entries.size() > most_entries) {
        return fault("GGUF_COUNT", "asked for " + std::to_string(tensors.size()) + " tensors and " +
                                       std::to_string(entries.size()) + " metadata entries, allowed are " +
                                       std::to_string(most_tensors) + " and " + std::to_string(most_entries));
    }
    const std::uint32_t alignment = TANDEM_TRY(alignment_of(entries));
    Head head;
    head.alignment = alignment;
    head.bytes = "GGUF";
    put(head.bytes, version);
    put<std::uint64_t>(head.bytes, tensors.size());
    put<std::uint64_t>(head.bytes, entries.size());
    for (const GgufEntry& entry : entries) {
        put_text(head.bytes, entry.key);
        put(head.bytes, static_cast<std::uint32_t>(entry.kind));
        head.bytes += entry.bytes;
    }
    std::unordered_set<std::string_view> names;
    std::uint64_t offset = 0;
    for (const TensorPlan& tensor : tensors) {
        const std::uint32_t type = TANDEM_TRY(checked_type(tensor, names));
        const std::int64_t size = TANDEM_TRY(stored_bytes(tensor));
        put_text(head.bytes, tensor.name);
        put(head.bytes, static_cast<std::uint32_t>(tensor.shape.size()));
        for (auto dimension = tensor.shape.rbegin(); dimension != tensor.shape.rend(); ++dimension) {
            put(head.bytes, static_cast<std::uint64_t>(*dimension));
        }
        put(head.bytes, type);
        put(head.bytes, offset);
        head.sizes.push_back(size);
        const auto padded = checked::align_up(static_cast<std::uint64_t>(size), alignment);
        const auto end = padded ? checked::add(offset, *padded) : std::nullopt;
        if (!end || *end >> 63 != 0) {
            return fault("TENSOR_SIZE", "the tensors together take more bytes than 63 bits count");
        }
        offset = *end;
    }
    head.data_bytes = static_cast<std::int64_t>(offset);
    head.bytes.append((alignment - head.bytes.size() % alignment) % alignment, '\0');
    return head;
}

}  // namespace

Result<GgufWriter> GgufWriter::create(const std::filesystem::path& path, std::span<const GgufEntry> entries,
                                      std::span<const TensorPlan> tensors) {
    Head head = TANDEM_TRY(make_head(entries, tensors));
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    TANDEM_TRY(file.append(head.bytes));
    return GgufWriter(std::move(file), std::move(head.sizes), head.alignment);
}

GgufWriter::GgufWriter(OutputFile file, std::vector<std::int64_t> sizes, std::int64_t alignment)
    : file_(std::move(file)), sizes_(std::move(sizes)), alignment_(alignment) {}

Result<void> GgufWriter::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        TANDEM_TRY(close_full_tensors());
        if (current_ == sizes_.size()) {
            return fault("TENSOR_SIZE", std::to_string(bytes.size()) + " bytes more than the planned tensors hold");
        }
        const auto room = static_cast<std::size_t>(sizes_[current_] - filled_);
        const auto part = bytes.first(std::min(room, bytes.size()));
        TANDEM_TRY(file_.append(part));
        filled_ += static_cast<std::int64_t>(part.size());
        bytes = bytes.subspan(part.size());
    }
    return {};
}

Result<void> GgufWriter::finish() {
    TANDEM_TRY(close_full_tensors());
    if (current_ != sizes_.size()) {
        return fault("TENSOR_SIZE", "tensor " + std::to_string(current_) + " of the plan has " +
                                        std::to_string(filled_) + " of its " + std::to_string(sizes_[current_]) +
                                        " bytes");
    }
    return file_.commit();
}

// Pads behind tensors that have all their bytes, also behind those of none.
Result<void> GgufWriter::close_full_tensors() {
    static constexpr std::byte zeros[4096] = {};
    while (current_ < sizes_.size() && filled_ == sizes_[current_]) {
        auto padding = static_cast<std::size_t>((alignment_ - filled_ % alignment_) % alignment_);
        while (padding > 0) {
            const std::size_t part = std::min(padding, sizeof zeros);
            TANDEM_TRY(file_.append(std::span(zeros).first(part)));
            padding -= part;
        }
        ++current_;
        filled_ = 0;
    }
    return {};
}

Result<std::string> gguf_head(std::span<const GgufEntry> entries, std::span<const TensorPlan> tensors) {
    return TANDEM_TRY(make_head(entries, tensors)).bytes;
}

Result<std::int64_t> gguf_file_bytes(std::span<const GgufEntry> entries, std::span<const TensorPlan> tensors) {
    const Head head = TANDEM_TRY(make_head(entries, tensors));
    return static_cast<std::int64_t>(head.bytes.size()) + head.data_bytes;
}

}  // namespace tandem
