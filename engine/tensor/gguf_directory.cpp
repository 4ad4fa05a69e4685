#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "engine/api/utf8.h"
#include "engine/tensor/checked.h"
#include "engine/tensor/gguf_sections.h"
#include "engine/tensor/gguf_types.h"

namespace tandem {
namespace {

constexpr std::uint64_t longest_name = 63;
constexpr std::uint32_t most_dims = 4;
constexpr std::uint64_t largest_size = std::numeric_limits<std::int64_t>::max();

struct StoredType {
    std::uint32_t id;  // in the file, as ggml numbers its types
    TensorType type;
};

constexpr std::array<StoredType, 22> supported_types{{
    {0, TensorType::f32},     {1, TensorType::f16},     {2, TensorType::q4_0},  {3, TensorType::q4_1},
    {6, TensorType::q5_0},    {7, TensorType::q5_1},    {8, TensorType::q8_0},  {10, TensorType::q2_k},
    {11, TensorType::q3_k},   {12, TensorType::q4_k},   {13, TensorType::q5_k}, {14, TensorType::q6_k},
    {20, TensorType::iq4_nl}, {23, TensorType::iq4_xs}, {24, TensorType::i8},   {25, TensorType::i16},
    {26, TensorType::i32},    {27, TensorType::i64},    {28, TensorType::f64},  {30, TensorType::bf16},
    {34, TensorType::tq1_0},  {35, TensorType::tq2_0},
}};

struct NamedType {
    std::uint32_t id;
    std::string_view name;
};

// Known to ggml and refused here, so that the message can name them.
constexpr std::array<NamedType, 21> refused_types{{
    {4, "Q4_2 (removed)"},
    {5, "Q4_3 (removed)"},
    {9, "Q8_1"},
    {15, "Q8_K"},
    {16, "IQ2_XXS"},
    {17, "IQ2_XS"},
    {18, "IQ3_XXS"},
    {19, "IQ1_S"},
    {21, "IQ3_S"},
    {22, "IQ2_S"},
    {29, "IQ1_M"},
    {31, "Q4_0_4_4 (removed)"},
    {32, "Q4_0_4_8 (removed)"},
    {33, "Q4_0_8_8 (removed)"},
    {36, "IQ4_NL_4_4 (removed)"},
    {37, "IQ4_NL_4_8 (removed)"},
    {38, "IQ4_NL_8_8 (removed)"},
    {39, "MXFP4"},
    {40, "NVFP4"},
    {41, "Q1_0"},
    {42, "Q2_0"},
}};

std::string supported_names() {
    std::string names;
    for (const StoredType& stored : supported_types) {
        names += (names.empty() ? "" : ", ") + std::string(tensor_type_info(stored.type).name);
    }
    return names;
}

struct Entry {
    TensorView view;
    std::uint64_t offset = 0;  // from the start of the data section
    std::uint64_t bytes = 0;
};

class DirectoryReader {
public:
    DirectoryReader(GgufCursor& cursor, std::uint32_t alignment) : cursor_(cursor), alignment_(alignment) {}

    Result<std::vector<TensorView>> read(std::uint64_t count) {
        std::vector<Entry> entries;
        for (std::uint64_t i = 0; i < count; ++i) {
            entries.push_back(TANDEM_TRY(read_entry()));
        }
        return place(std::move(entries));
    }

private:
    Result<Entry> read_entry() {
        Entry entry;
        entry.view.name = TANDEM_TRY(read_name());
        TANDEM_TRY(read_dims(entry.view));
        TANDEM_TRY(read_type(entry));
        const std::string& name = entry.view.name;
        entry.offset = TANDEM_TRY(cursor_.number<std::uint64_t>("the offset of tensor '" + printable(name) + "'"));
        if (entry.offset != expected_) {
            return cursor_.fault("GGUF_OFFSET", "tensor '" + printable(name) + "' is said to be at " +
                                                    std::to_string(entry.offset) + ", expected " +
                                                    std::to_string(expected_) + " after the tensors before it");
        }
        const auto padded = checked::align_up(entry.bytes, alignment_);
        const auto end = padded ? checked::add(expected_, *padded) : std::nullopt;
        if (!end || *end > largest_size) {
            return overflow(name);
        }
        expected_ = *end;
        return entry;
    }

    Result<std::string> read_name() {
        const std::string_view name = TANDEM_TRY(cursor_.string("a tensor name", 65535));
        if (name.empty() || name.size() > longest_name) {
            return cursor_.fault("GGUF_TENSOR_NAME", "a tensor name has " + std::to_string(name.size()) +
                                                         " bytes, allowed are 1.." + std::to_string(longest_name));
        }
        if (name.find('\0') != std::string_view::npos || find_invalid_utf8(name)) {
            return cursor_.fault("GGUF_TENSOR_NAME", "a tensor name is not text");
        }
        if (!names_.insert(std::string(name)).second) {
            return cursor_.fault("GGUF_TENSOR_DUPLICATE", "tensor '" + printable(name) + "' occurs twice");
        }
        return std::string(name);
    }

    // The file lists the innermost dimension first.
    Result<void> read_dims(TensorView& view) {
        const auto count =
            TANDEM_TRY(cursor_.number<std::uint32_t>("the rank of tensor '" + printable(view.name) + "'"));
        if (count > most_dims) {
            return cursor_.fault("GGUF_TENSOR_DIMS", "tensor '" + printable(view.name) + "' has " +
                                                         std::to_string(count) + " dimensions, allowed are 0.." +
                                                         std::to_string(most_dims));
        }
        std::uint64_t spread = 1;  // product without the zeros: strides are computed from it
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto size =
                TANDEM_TRY(cursor_.number<std::uint64_t>("the shape of tensor '" + printable(view.name) + "'"));
            const auto product = checked::mul(spread, std::max<std::uint64_t>(size, 1));
            if (size > largest_size || !product || *product > largest_size) {
                return overflow(view.name);
            }
            spread = *product;
            view.shape.insert(view.shape.begin(), static_cast<std::int64_t>(size));
        }
        return {};
    }

    Result<void> read_type(Entry& entry) {
        const std::string& name = entry.view.name;
        const auto id = TANDEM_TRY(cursor_.number<std::uint32_t>("the type of tensor '" + printable(name) + "'"));
        const auto* found = std::find_if(supported_types.begin(), supported_types.end(),
                                         [id](const StoredType& stored) { return stored.id == id; });
        if (found == supported_types.end()) {
            return unsupported(name, id);
        }
        entry.view.type = found->type;
        const TensorTypeInfo& info = tensor_type_info(found->type);
        const std::int64_t row = entry.view.shape.empty() ? 1 : entry.view.shape.back();
        if (row % info.block_elements != 0) {
            return cursor_.fault("GGUF_TYPE", "tensor '" + printable(name) + "' has rows of " + std::to_string(row) +
                                                  " elements, not a multiple of the " +
                                                  std::to_string(info.block_elements) + " in a block of " +
                                                  std::string(info.name));
        }
        const auto elements = static_cast<std::uint64_t>(entry.view.elements());
        const auto bytes = checked::mul(elements / static_cast<std::uint64_t>(info.block_elements),
                                        static_cast<std::uint64_t>(info.block_bytes));
        if (!bytes) {
            return overflow(name);
        }
        entry.bytes = *bytes;
        return {};
    }

    Result<std::vector<TensorView>> place(std::vector<Entry> entries) {
        const std::uint64_t file_size = cursor_.bytes().size();
        const auto start = checked::align_up(cursor_.offset(), alignment_);
        std::vector<TensorView> views;
        views.reserve(entries.size());
        for (Entry& entry : entries) {
            const auto from = start ? checked::add(*start, entry.offset) : std::nullopt;
            const auto to = from ? checked::add(*from, entry.bytes) : std::nullopt;
            if (!to || *to > file_size) {
                return cursor_.fault("GGUF_DATA_PAST_EOF", "tensor '" + printable(entry.view.name) + "' needs " +
                                                               std::to_string(entry.bytes) + " bytes at offset " +
                                                               std::to_string(entry.offset) +
                                                               " of the data, the file ends after " +
                                                               std::to_string(file_size) + " bytes");
            }
            entry.view.data =
                cursor_.bytes().subspan(static_cast<std::size_t>(*from), static_cast<std::size_t>(entry.bytes));
            views.push_back(std::move(entry.view));
        }
        return views;
    }

    Error unsupported(const std::string& tensor, std::uint32_t id) const {
        const auto* known = std::find_if(refused_types.begin(), refused_types.end(),
                                         [id](const NamedType& named) { return named.id == id; });
        const std::string name = known != refused_types.end() ? std::string(known->name) : "unknown";
        Error error = cursor_.fault("GGUF_TYPE", "tensor '" + printable(tensor) + "' has type " + std::to_string(id) +
                                                     " (" + name + "); supported are " + supported_names());
        error.kind = known != refused_types.end() ? ErrorKind::unsupported : ErrorKind::bad_input;
        return error;
    }

    Error overflow(const std::string& tensor) const {
        return cursor_.fault("GGUF_SIZE_OVERFLOW", "the size of tensor '" + printable(tensor) +
                                                       "' does not fit in 63 bits, alone or with those before");
    }

    GgufCursor& cursor_;
    std::uint32_t alignment_;
    std::uint64_t expected_ = 0;  // offset where the next tensor must be
    std::unordered_set<std::string> names_;
};

}  // namespace

std::optional<std::uint32_t> gguf_type_id(TensorType type) {
    const auto* found = std::find_if(supported_types.begin(), supported_types.end(),
                                     [type](const StoredType& stored) { return stored.type == type; });
    return found == supported_types.end() ? std::nullopt : std::optional(found->id);
}

Result<std::vector<TensorView>> read_gguf_directory(GgufCursor& cursor, std::uint64_t count, std::uint32_t alignment) {
    return DirectoryReader(cursor, alignment).read(count);
}

}  // namespace tandem
