// The pictures of tests/data/pictures (tests/data/make_picture_fixtures.py) and what the references make of them.
// Thread rule: stateless.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/tensor/safetensors.h"
#include "engine/vision/picture.h"

namespace tandem::test {

inline const std::filesystem::path pictures = TANDEM_SOURCE_DIR "/tests/data/pictures";

inline Picture fixture_picture(const std::string& name) {
    return open_picture(pictures / name).value();
}

// A u8 tensor [height, width, 3] of a fixture.
inline Picture expected_picture(const WeightFile& file, const std::string& name) {
    const TensorView* view = file.find(name);
    if (view == nullptr) {
        throw std::runtime_error("no expectation " + name);
    }
    Picture picture = Picture::black(view->shape[0], view->shape[1]);
    std::memcpy(picture.rgb.data(), view->data.data(), picture.rgb.size());
    return picture;
}

// The largest difference of any level; 256 where the sizes differ.
inline int largest_difference(const Picture& a, const Picture& b) {
    if (a.height != b.height || a.width != b.width || a.rgb.size() != b.rgb.size()) {
        return 256;
    }
    int largest = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) {
        largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
    }
    return largest;
}

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline Result<Picture> decode(const std::string& bytes) {
    return decode_picture(std::as_bytes(std::span(bytes)), "test");
}

}  // namespace tandem::test
