// Writes safetensors files, right or wrong, for the tests. Thread rule: one thread at a time.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/safetensors.h"

namespace tandem::test {

// Length, header, `data_size` zero bytes.
inline std::string safetensors_text(std::string_view header, std::size_t data_size = 0) {
    const std::uint64_t length = header.size();
    std::string text(8, '\0');
    std::memcpy(text.data(), &length, 8);
    return text.append(header).append(data_size, '\0');
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// "name":{...} of one tensor.
inline std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                         std::string_view offsets) {
    return "\"" + std::string(name) + R"(":{"dtype":")" + std::string(dtype) + R"(","shape":)" + std::string(shape) +
           R"(,"data_offsets":)" + std::string(offsets) + "}";
}

inline std::string code_of_bytes(std::string_view text) {
    auto file = SafetensorsFile::parse(bytes_of(text), "test.safetensors");
    return file.ok() ? "accepted" : file.error().code;
}

// Of a file with this header and so much data.
inline std::string code_of(std::string_view header, std::size_t data_size = 0) {
    return code_of_bytes(safetensors_text(header, data_size));
}

}  // namespace tandem::test
