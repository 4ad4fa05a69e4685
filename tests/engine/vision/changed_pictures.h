// Pictures of tests/data/pictures with another header or more chunks than they had. Thread rule: stateless.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/engine/vision/picture_support.h"

namespace tandem::test {

inline void put_big_endian(std::string& bytes, std::size_t at, std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
        bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * (size - 1 - i)));
    }
}

inline std::uint32_t crc_of(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

inline std::string png_chunk(std::string_view kind, std::string_view data) {
    std::string chunk(4, 0);
    put_big_endian(chunk, 0, static_cast<std::uint32_t>(data.size()), 4);
    chunk.append(kind).append(data);
    const std::uint32_t sum = crc_of(std::string_view(chunk).substr(4));
    chunk.append(4, 0);
    put_big_endian(chunk, chunk.size() - 4, sum, 4);
    return chunk;
}

// A PNG with chunks behind its header.
inline std::string png_with(const std::string& chunks) {
    std::string bytes = read_bytes(pictures / "rgb.png");
    return bytes.insert(33, chunks);
}

// A PNG whose header states another size, its sum in order; `depth` and `colour` as the format numbers them.
inline std::string png_of_size(std::uint32_t width, std::uint32_t height, char depth = 8, char colour = 2) {
    std::string bytes = read_bytes(pictures / "rgb.png");
    put_big_endian(bytes, 16, width, 4);
    put_big_endian(bytes, 20, height, 4);
    bytes[24] = depth;
    bytes[25] = colour;
    put_big_endian(bytes, 29, crc_of(std::string_view(bytes).substr(12, 17)), 4);
    return bytes;
}

// A JPEG whose frame (of baseline \xC0, of progressive ones \xC2) states another size.
inline std::string jpeg_of_size(std::uint32_t width, std::uint32_t height, const char* name = "half_colour.jpg") {
    std::string bytes = read_bytes(pictures / name);
    const std::size_t baseline = bytes.find("\xFF\xC0");
    const std::size_t frame = baseline == std::string::npos ? bytes.find("\xFF\xC2") : baseline;
    put_big_endian(bytes, frame + 5, height, 2);
    put_big_endian(bytes, frame + 7, width, 2);
    return bytes;
}

inline std::string zlib_of(const std::string& text) {
    std::string packed(compressBound(text.size()), 0);
    uLongf size = packed.size();
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                  text.size(), 9) != Z_OK) {
        throw std::runtime_error("zlib does not pack");
    }
    packed.resize(size);
    return packed;
}

}  // namespace tandem::test
