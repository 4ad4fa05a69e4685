// Every byte of the data section belongs to exactly one tensor, and every tensor has the bytes its shape needs.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/api/utf8.h"
#include "engine/tensor/checked.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/safetensors_header.h"

namespace tandem {
namespace {

constexpr std::uint64_t largest_header = 100'000'000;
constexpr std::uint64_t largest_size = std::numeric_limits<std::int64_t>::max();

struct Dtype {
    std::string_view name;
    std::uint64_t bits;
    std::optional<TensorType> type;  // absent: a valid file, but nothing here computes with it
};

constexpr std::array<Dtype, 22> dtypes{{
    {"F64", 64, TensorType::f64},     {"F32", 32, TensorType::f32},     {"F16", 16, TensorType::f16},
    {"BF16", 16, TensorType::bf16},   {"I64", 64, TensorType::i64},     {"I32", 32, TensorType::i32},
    {"I16", 16, TensorType::i16},     {"I8", 8, TensorType::i8},        {"U64", 64, TensorType::u64},
    {"U32", 32, TensorType::u32},     {"U16", 16, TensorType::u16},     {"U8", 8, TensorType::u8},
    {"BOOL", 8, TensorType::boolean}, {"F8_E5M2", 8, std::nullopt},     {"F8_E4M3", 8, std::nullopt},
    {"F8_E8M0", 8, std::nullopt},     {"F8_E5M2FNUZ", 8, std::nullopt}, {"F8_E4M3FNUZ", 8, std::nullopt},
    {"F6_E3M2", 6, std::nullopt},     {"F6_E2M3", 6, std::nullopt},     {"F4", 4, std::nullopt},
    {"C64", 64, std::nullopt},
}};

std::string supported_names() {
    std::string names;
    for (const Dtype& dtype : dtypes) {
        if (dtype.type) {
            names += (names.empty() ? "" : ", ") + std::string(dtype.name);
        }
    }
    return names;
}

class Layout {
public:
    Layout(const std::string& origin, std::span<const std::byte> data) : origin_(origin), data_(data) {}

    Result<std::vector<TensorView>> place(std::vector<SafetensorsEntry> entries) const {
        for (const SafetensorsEntry& entry : entries) {
            TANDEM_TRY(check_size(entry));
        }
        std::stable_sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
            return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
        });
        TANDEM_TRY(check_order(entries));
        std::vector<TensorView> views;
        views.reserve(entries.size());
        for (SafetensorsEntry& entry : entries) {
            views.push_back(TANDEM_TRY(view_of(std::move(entry))));
        }
        return views;
    }

private:
    static const Dtype* dtype_named(std::string_view name) {
        const auto* found =
            std::find_if(dtypes.begin(), dtypes.end(), [name](const Dtype& dtype) { return dtype.name == name; });
        return found == dtypes.end() ? nullptr : found;
    }

    Result<void> check_size(const SafetensorsEntry& entry) const {
        const Dtype* dtype = dtype_named(entry.dtype);
        if (dtype == nullptr) {
            return fault(
                entry, "ST_UNKNOWN_DTYPE",
                "dtype '" + printable(entry.dtype) + "' is not one of the format; supported are " + supported_names());
        }
        std::uint64_t elements = 1;
        std::uint64_t spread = 1;  // product without the zeros: strides are computed from it
        for (const std::uint64_t size : entry.shape) {
            const auto product = checked::mul(spread, std::max<std::uint64_t>(size, 1));
            if (!product || *product > largest_size || size > largest_size) {
                return overflow(entry);
            }
            spread = *product;
            elements *= size;  // cannot wrap: it is 0 or spread
        }
        const auto bits = checked::mul(elements, dtype->bits);
        if (!bits) {
            return overflow(entry);
        }
        if (*bits % 8 != 0) {
            return fault(entry, "ST_MISALIGNED",
                         std::to_string(elements) + " elements of " + std::string(dtype->name) + " end within a byte");
        }
        if (*bits / 8 != entry.end - entry.begin) {
            return fault(entry, "ST_SHAPE_MISMATCH",
                         "dtype and shape need " + std::to_string(*bits / 8) + " bytes, the offsets give " +
                             std::to_string(entry.end - entry.begin));
        }
        return {};
    }

    Result<void> check_order(const std::vector<SafetensorsEntry>& entries) const {
        std::uint64_t end = 0;
        for (const SafetensorsEntry& entry : entries) {
            if (entry.begin < end) {
                return fault(entry, "ST_OFFSETS_OVERLAP",
                             "data begin at byte " + std::to_string(entry.begin) +
                                 ", before the end of another tensor's at " + std::to_string(end));
            }
            if (entry.begin > end) {
                return fault(
                    entry, "ST_OFFSETS_HOLE",
                    "bytes " + std::to_string(end) + ".." + std::to_string(entry.begin) + " belong to no tensor");
            }
            end = entry.end;
        }
        if (end > data_.size()) {
            return fault("ST_DATA_TRUNCATED", "the tensors need " + std::to_string(end) +
                                                  " bytes of data, the file has " + std::to_string(data_.size()));
        }
        if (end < data_.size()) {
            return fault("ST_TRAILING_DATA",
                         std::to_string(data_.size() - end) + " bytes after the last tensor belong to no tensor");
        }
        return {};
    }

    Result<TensorView> view_of(SafetensorsEntry entry) const {
        const Dtype* dtype = dtype_named(entry.dtype);
        if (!dtype->type) {
            Error error =
                fault(entry, "ST_UNSUPPORTED_DTYPE",
                      "dtype " + entry.dtype + " cannot be computed with; supported are " + supported_names());
            error.kind = ErrorKind::unsupported;
            return error;
        }
        return TensorView{.name = std::move(entry.name),
                          .type = *dtype->type,
                          .shape = {entry.shape.begin(), entry.shape.end()},
                          .data = data_.subspan(static_cast<std::size_t>(entry.begin),
                                                static_cast<std::size_t>(entry.end - entry.begin))};
    }

    Error fault(const char* code, const std::string& message) const {
        return {
            .code = code, .message = message + "; nothing was loaded", .where = origin_, .kind = ErrorKind::bad_input};
    }
    Error fault(const SafetensorsEntry& entry, const char* code, const std::string& message) const {
        Error error = fault(code, message);
        error.where += ": tensor '" + printable(entry.name) + "'";
        return error;
    }
    Error overflow(const SafetensorsEntry& entry) const {
        return fault(entry, "ST_SIZE_OVERFLOW", "the shape's number of bytes does not fit in 63 bits");
    }

    const std::string& origin_;
    std::span<const std::byte> data_;
};

// What `bytes` are when they cannot be safetensors; otherwise the reader's own error.
Error refused(std::span<const std::byte> bytes, const std::string& origin, Error own) {
    const auto foreign = recognise_foreign(bytes);
    if (foreign == ForeignKind::pickle || foreign == ForeignKind::zip_archive) {
        return pickle_refused(foreign_description(*foreign) + " (the form of PyTorch's own checkpoints)", origin);
    }
    return foreign ? not_a_model(*foreign, "a safetensors file", origin) : own;
}

}  // namespace

Result<SafetensorsContent> read_safetensors(std::span<const std::byte> bytes, const std::string& origin) {
    const auto fault = [&](const char* code, const std::string& message, std::size_t at) {
        return Error{.code = code,
                     .message = message + "; nothing was loaded",
                     .where = origin + ": byte " + std::to_string(at),
                     .kind = ErrorKind::bad_input};
    };
    if (bytes.size() < 8) {
        return fault("ST_TOO_SHORT",
                     "need the 8 bytes of the header's length, the file has " + std::to_string(bytes.size()), 0);
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > largest_header) {
        return refused(bytes, origin,
                       fault("ST_HEADER_TOO_LARGE",
                             "the header claims " + std::to_string(length) + " bytes, allowed are 100000000", 0));
    }
    if (length > bytes.size() - 8) {
        return refused(bytes, origin,
                       fault("ST_HEADER_PAST_EOF",
                             "the header claims " + std::to_string(length) + " bytes, the file has " +
                                 std::to_string(bytes.size() - 8) + " after the length",
                             0));
    }
    const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(length));
    if (const auto bad = find_invalid_utf8(json)) {
        return fault("ST_HEADER_NOT_UTF8", "the header is not UTF-8", 8 + *bad);
    }
    // The format asks for a brace first; the JSON library would skip a byte order mark and stop at a zero byte.
    if (!json.starts_with('{') || json.find('\0') != std::string_view::npos) {
        return fault("ST_HEADER_NOT_JSON", "the header does not begin with '{' or holds a zero byte", 8);
    }
    SafetensorsHeader header = TANDEM_TRY(parse_safetensors_header(json, origin));
    const Layout layout(origin, bytes.subspan(8 + json.size()));
    SafetensorsContent content;
    content.tensors = TANDEM_TRY(layout.place(std::move(header.entries)));
    content.metadata = std::move(header.metadata);
    return content;
}

}  // namespace tandem
