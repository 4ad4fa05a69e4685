// Any bytes as a PNG or JPEG: what is accepted has the pixels it says it has, no more than are allowed.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/vision/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::int64_t pixels = 1 << 18;  // more of them find no more and take longer
    const auto picture = tandem::decode_picture({reinterpret_cast<const std::byte*>(data), size}, "fuzz", pixels);
    if (!picture.ok()) {
        if (!picture.error().code.starts_with("PICTURE_") || picture.error().message.empty()) {
            std::abort();
        }
        return 0;
    }
    if (picture->height < 1 || picture->width < 1 || picture->height > pixels / picture->width ||
        picture->rgb.size() != static_cast<std::size_t>(picture->height * picture->width * 3)) {
        std::abort();
    }
    return 0;
}
