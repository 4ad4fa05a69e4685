// The parts of reading a picture. Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/vision/picture.h"

namespace tandem {

using PictureBytes = std::span<const std::byte>;

// As stored, with where its top is: 1 as stored ... 8, EXIF's numbers.
struct StoredPicture {
    Picture picture;
    int orientation = 1;
};

// `pixels` is the most that are allowed.
Result<StoredPicture> decode_png(PictureBytes bytes, const std::string& name, std::int64_t pixels);
Result<StoredPicture> decode_jpeg(PictureBytes bytes, const std::string& name, std::int64_t pixels);

// The orientation that EXIF's TIFF structure states, or XMP's text; absent where it states none or is malformed.
std::optional<int> exif_orientation(PictureBytes tiff);
std::optional<int> xmp_orientation(std::string_view xmp);
Picture turned(Picture picture, int orientation);

// Errors: PICTURE_TOO_LARGE.
Result<void> check_pixels(std::int64_t height, std::int64_t width, const std::string& name,
                          std::int64_t pixels = most_pixels);
// The same with its sides, of what a file states or a configuration makes of it.
Result<void> check_stored_size(std::int64_t height, std::int64_t width, std::int64_t pixels, const std::string& name);
Error large_picture(const std::string& what, const std::string& name);
Error damaged_picture(const std::string& what, const std::string& name);
Error picture_format(const std::string& what, const std::string& name);

}  // namespace tandem
