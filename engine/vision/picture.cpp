#include "engine/vision/picture.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/tensor/mapped_file.h"
#include "engine/vision/decode.h"

namespace tandem {
namespace {

constexpr std::size_t largest_file = std::size_t{256} << 20;

bool begins_with(PictureBytes bytes, std::string_view start, std::size_t at = 0) {
    return bytes.size() >= at + start.size() && std::memcmp(bytes.data() + at, start.data(), start.size()) == 0;
}

// What else it may be, for the message.
std::string other_format(PictureBytes bytes) {
    using namespace std::string_view_literals;
    struct Format {
        std::string_view start;
        const char* name;
        std::size_t at = 0;
    };
    static constexpr std::array formats{Format{"GIF8"sv, "a GIF"},
                                        Format{"WEBP"sv, "a WebP", 8},
                                        Format{"BM"sv, "a BMP"},
                                        Format{"II*\0"sv, "a TIFF"},
                                        Format{"MM\0*"sv, "a TIFF"},
                                        Format{"ftypavif"sv, "an AVIF", 4},
                                        Format{"ftypheic"sv, "a HEIC", 4},
                                        Format{"\0\0\1\0"sv, "an icon"},
                                        Format{"%PDF"sv, "a PDF"},
                                        Format{"\xFF\x0A"sv, "a JPEG XL"},
                                        Format{"<svg"sv, "an SVG"},
                                        Format{"<?xml"sv, "XML"},
                                        Format{"\0\0\0\fjP  "sv, "a JPEG 2000"}};
    for (const Format& format : formats) {
        if (begins_with(bytes, format.start, format.at)) {
            return std::string("looks like ") + format.name;
        }
    }
    return "is no picture that this version knows";
}

}  // namespace

Error damaged_picture(const std::string& what, const std::string& name) {
    return {.code = "PICTURE_DAMAGED",
            .message = "the picture cannot be read whole: " + what + "; nothing was computed",
            .where = name,
            .kind = ErrorKind::bad_input};
}

Error picture_format(const std::string& what, const std::string& name) {
    return {.code = "PICTURE_FORMAT",
            .message = what + "; PNG and JPEG are read; nothing was computed",
            .where = name,
            .kind = ErrorKind::unsupported};
}

Error large_picture(const std::string& what, const std::string& name) {
    return {.code = "PICTURE_TOO_LARGE",
            .message = what + "; nothing was computed",
            .where = name,
            .kind = ErrorKind::bad_input};
}

Result<void> check_pixels(std::int64_t height, std::int64_t width, const std::string& name, std::int64_t pixels) {
    if (height < 1 || width < 1) {
        return damaged_picture("it has no pixels", name);
    }
    if (height > pixels / width) {
        return large_picture("the picture is " + std::to_string(height) + " x " + std::to_string(width) +
                                 " pixels, allowed are " + std::to_string(pixels) + " in all",
                             name);
    }
    return {};
}

Result<void> check_stored_size(std::int64_t height, std::int64_t width, std::int64_t pixels, const std::string& name) {
    TANDEM_TRY(check_pixels(height, width, name, pixels));
    if (height > longest_side || width > longest_side) {
        return large_picture("the picture is " + std::to_string(height) + " x " + std::to_string(width) +
                                 " pixels, allowed are " + std::to_string(longest_side) + " along a side",
                             name);
    }
    return {};
}

Result<Picture> decode_picture(PictureBytes bytes, const std::string& name, std::int64_t pixels) {
    if (bytes.size() > largest_file) {
        return large_picture(
            "the file has " + std::to_string(bytes.size()) + " bytes, allowed are " + std::to_string(largest_file),
            name);
    }
    if (begins_with(bytes, "\x89PNG\r\n\x1A\n")) {
        StoredPicture stored = TANDEM_TRY(decode_png(bytes, name, pixels));
        return turned(std::move(stored.picture), stored.orientation);
    }
    if (begins_with(bytes, "\xFF\xD8\xFF")) {
        StoredPicture stored = TANDEM_TRY(decode_jpeg(bytes, name, pixels));
        return turned(std::move(stored.picture), stored.orientation);
    }
    return picture_format("the file " + other_format(bytes), name);
}

Result<Picture> open_picture(const std::filesystem::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    return decode_picture(file->bytes(), path.string());
}

}  // namespace tandem
