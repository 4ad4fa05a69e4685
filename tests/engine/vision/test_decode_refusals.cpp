// Files that are no pictures, half pictures, and pictures made to fill a machine.
#include "tests/engine/vision/changed_pictures.h"
#include "tests/engine/vision/picture_support.h"

namespace tandem::test {
namespace {

std::string code_of(const std::string& bytes) {
    const auto picture = decode(bytes);
    return picture.ok() ? "accepted" : picture.error().code;
}

TEST(DecodeRefusals, names_what_another_file_looks_like) {
    const auto message = [](const std::string& bytes) { return decode(bytes).error().message; };
    EXPECT_EQ(code_of(""), "PICTURE_FORMAT");
    EXPECT_EQ(code_of("hello"), "PICTURE_FORMAT");
    EXPECT_NE(message(std::string("RIFF\x24\0\0\0WEBPVP8 ", 16)).find("WebP"), std::string::npos);
    EXPECT_NE(message("GIF89a").find("GIF"), std::string::npos);
    EXPECT_EQ(code_of("\x89PNG"), "PICTURE_FORMAT");
    EXPECT_EQ(code_of("\xFF\xD8\xFF"), "PICTURE_DAMAGED");
}

TEST(DecodeRefusals, a_picture_cut_anywhere_is_refused) {
    for (const char* name : {"rgb.png", "palette.png", "half_colour.jpg", "progressive.jpg", "turned_6.jpg"}) {
        const std::string bytes = read_bytes(pictures / name);
        // A PNG is whole without its last, empty chunk's sum; a JPEG needs its end marker.
        for (std::size_t size = 0; size + 16 < bytes.size(); size += 7) {
            EXPECT_NE(code_of(bytes.substr(0, size)), "accepted") << name << " cut to " << size;
        }
    }
}

TEST(DecodeRefusals, no_changed_byte_breaks_the_reader) {
    for (const char* name : {"palette_transparent.png", "deep_alpha.png", "turned.png", "progressive.jpg", "ink.jpg",
                             "turned_6.jpg", "turned_xmp.jpg"}) {
        const std::string bytes = read_bytes(pictures / name);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
            const auto picture = decode(changed);
            if (picture.ok()) {
                EXPECT_EQ(picture->rgb.size(), static_cast<std::size_t>(picture->height * picture->width * 3));
            } else {
                EXPECT_EQ(picture.error().code.substr(0, 8), "PICTURE_");
            }
        }
    }
}

TEST(DecodeRefusals, more_pixels_than_any_picture_has_are_refused_before_they_are_allocated) {
    EXPECT_EQ(code_of(png_of_size(0x7FFFFFFF, 0x7FFFFFFF)), "PICTURE_TOO_LARGE");
    EXPECT_EQ(code_of(png_of_size(100000, 100000)), "PICTURE_TOO_LARGE");
    EXPECT_EQ(code_of(png_of_size(0, 5)), "PICTURE_DAMAGED");
    EXPECT_EQ(code_of(png_of_size(9000, 9000)), "PICTURE_DAMAGED");  // allowed, and then its data ends too early
    EXPECT_EQ(code_of(jpeg_of_size(65000, 65000)), "PICTURE_TOO_LARGE");
    EXPECT_EQ(code_of(jpeg_of_size(0, 5)), "PICTURE_DAMAGED");
}

TEST(DecodeRefusals, what_is_no_regular_file_is_refused) {
    EXPECT_EQ(open_picture(pictures).error().code, "FILE_IS_FOLDER");
    EXPECT_EQ(open_picture("/dev/zero").error().code, "FILE_NOT_REGULAR");
    EXPECT_EQ(open_picture(pictures / "none.png").error().code, "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace tandem::test
