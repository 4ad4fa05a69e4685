// Pictures as encoders are given them, out of files of strangers. PNG (libpng) and JPEG (libjpeg-turbo) become 8-bit
// RGB as Pillow 13's open, ImageOps.exif_transpose and convert("RGB") make it, which is what transformers 5.17 does
// with a file: alpha is dropped, not blended; palettes and grey are expanded; 16-bit colour keeps its high byte; CMYK
// is read as Adobe writes it; an orientation of EXIF or XMP is applied; colour profiles and gamma are not looked at.
// Greyscale of 16 bits is refused, as Pillow makes most of it white. Errors: PICTURE_FORMAT, PICTURE_DAMAGED,
// PICTURE_TOO_LARGE, FILE_*. Bounds, checked before anything is allocated: files of 256 MiB, 89,478,485 pixels, sides
// of 1,000,000, 64 MiB of unpacked texts and 192 MiB of a JPEG's coefficients where its scans come one over another.
// Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// Pillow's Image.MAX_IMAGE_PIXELS, beyond which it warns of a decompression bomb.
inline constexpr std::int64_t most_pixels = 89'478'485;
// libpng's own bound: rows of wider pictures, and lists of rows of higher ones, take more memory than the pictures.
inline constexpr std::int64_t longest_side = 1'000'000;

struct Picture {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<std::uint8_t> rgb;  // [height, width, 3]

    static Picture black(std::int64_t height, std::int64_t width) {
        return {height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3))};
    }
    std::uint8_t* at(std::int64_t row, std::int64_t column) { return rgb.data() + (row * width + column) * 3; }
    const std::uint8_t* at(std::int64_t row, std::int64_t column) const {
        return rgb.data() + (row * width + column) * 3;
    }
};

Result<Picture> open_picture(const std::filesystem::path& path);
// `name` is what errors call it; pictures of more pixels than `pixels` are refused.
Result<Picture> decode_picture(std::span<const std::byte> bytes, const std::string& name,
                               std::int64_t pixels = most_pixels);

}  // namespace tandem
