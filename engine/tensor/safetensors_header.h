// The JSON header of one safetensors file, checked against the size of its data. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

inline constexpr std::size_t most_safetensors = 131072;

struct SafetensorsContent {
    std::vector<TensorView> tensors;  // in the order of their data; views into the bytes given
    std::map<std::string, std::string> metadata;
};

struct SafetensorsEntry {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0;  // bytes from the end of the header
    std::uint64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<SafetensorsEntry> entries;
    std::map<std::string, std::string> metadata;
};

// Structure only. Errors: ST_HEADER_NOT_JSON, ST_BAD_ENTRY, ST_BAD_SHAPE, ST_BAD_OFFSETS, ST_DUPLICATE_TENSOR,
// ST_DUPLICATE_KEY, ST_METADATA_NOT_STRING, ST_METADATA_TOO_LARGE, ST_TOO_MANY_TENSORS, JSON_TOO_DEEP.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json, const std::string& origin);

// The whole file. Errors: all ST_*, NOT_A_MODEL, PICKLE_REFUSED, JSON_TOO_DEEP.
Result<SafetensorsContent> read_safetensors(std::span<const std::byte> bytes, const std::string& origin);

}  // namespace tandem
