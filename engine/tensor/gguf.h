// GGUF versions 2 and 3: metadata and tensor directory, memory-mapped, every size checked before it is used.
// Errors (docs/formats/errors.md): GGUF_*, NOT_A_MODEL, FILE_*. Bounds: 131,072 tensors, 65,536 metadata entries, 1 MiB
// of keys, 16 MiB a string; 2^24 array elements over all arrays, of them 2^22 strings. Data beyond the end of the file
// is refused also when only metadata is wanted. Thread rule: const after open, shared freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/tensor/weight_file.h"

namespace tandem {

// Integers of all widths are widened; u64 above 2^63 - 1 is refused at read (GGUF_KV_RANGE).
using GgufValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>, std::vector<double>,
                               std::vector<bool>, std::vector<std::string>>;

// Value types of the GGUF specification, numbered as in the file.
enum class GgufKind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// An entry of the metadata as the file holds it, so that a copy can be exact.
struct GgufStored {
    std::string key;
    GgufKind kind = GgufKind::u8;
    std::span<const std::byte> bytes;  // what follows the kind, in the mapped file
};

class GgufFile : public WeightFile {
public:
    static Result<std::shared_ptr<const GgufFile>> open(const std::filesystem::path& path);
    // The same over bytes in memory (fuzzing, tests); `name` stands for the path in errors. Bytes are not copied.
    static Result<std::shared_ptr<const GgufFile>> parse(std::span<const std::byte> bytes, std::string name);

    virtual const std::map<std::string, GgufValue, std::less<>>& metadata() const = 0;
    // The same in the order of the file, unread.
    virtual std::span<const GgufStored> stored() const = 0;
    virtual std::uint32_t version() const = 0;

    // Typed look-ups. Errors: GGUF_KV_MISSING, GGUF_KV_TYPE ("need float32[n]"). Floats must have been stored as
    // floats.
    Result<std::int64_t> integer(std::string_view key) const;
    Result<double> real(std::string_view key) const;
    Result<std::string> text(std::string_view key) const;
    Result<std::vector<std::string>> texts(std::string_view key) const;
    Result<std::vector<std::int64_t>> integers(std::string_view key) const;
    Result<std::vector<double>> reals(std::string_view key) const;
    bool has(std::string_view key) const;
    std::string origin() const { return origin_; }

protected:
    GgufFile(std::vector<TensorView> tensors, std::string origin)
        : WeightFile(std::move(tensors)), origin_(std::move(origin)) {}

private:
    std::string origin_;
};

}  // namespace tandem
