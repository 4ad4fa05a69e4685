// Small files and configurations that ask for much memory: what is allocated for them is bounded beforehand.
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "engine/vision/preprocessor.h"
#include "tests/engine/vision/changed_pictures.h"

namespace tandem::test {
namespace {

std::string code_of(const Result<Picture>& picture) {
    return picture.ok() ? "accepted" : picture.error().code;
}

// How far the most that this process has ever taken grew.
template <class Work>
std::int64_t growth(Work&& work) {
    const auto peak = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return std::int64_t{usage.ru_maxrss} * 1024;
    };
    const std::int64_t before = peak();
    work();
    return peak() - before;
}

TEST(PictureBounds, a_side_that_makes_rows_larger_than_pictures_is_refused) {
    // Of 16 bits and four channels a row takes 8 bytes a pixel, twice; a list of rows 8 bytes a row.
    EXPECT_LT(growth([] {
                  EXPECT_EQ(code_of(decode(png_of_size(89'000'000, 1, 16, 6))), "PICTURE_TOO_LARGE");
                  EXPECT_EQ(code_of(decode(png_of_size(1, 89'000'000))), "PICTURE_TOO_LARGE");
                  EXPECT_EQ(code_of(decode(png_of_size(1'000'001, 1))), "PICTURE_TOO_LARGE");
              }),
              std::int64_t{16} << 20);
    EXPECT_EQ(code_of(decode(png_of_size(1'000'000, 1, 16, 6))), "PICTURE_DAMAGED");  // allowed; its data ends
    EXPECT_EQ(code_of(decode(png_of_size(1, 1'000'000))), "PICTURE_DAMAGED");
}

TEST(PictureBounds, texts_that_unpack_to_gigabytes_are_refused) {
    const std::string text = zlib_of(std::string(7 << 20, 'a'));
    std::string chunks;
    for (int i = 0; i < 200; ++i) {
        chunks += png_chunk("zTXt", "key" + std::string(2, 0) + text);
    }
    const std::string bytes = png_with(chunks);
    EXPECT_LT(bytes.size(), std::size_t{4} << 20);
    EXPECT_LT(growth([&] { EXPECT_EQ(code_of(decode(bytes)), "PICTURE_TOO_LARGE"); }), std::int64_t{160} << 20);
}

TEST(PictureBounds, texts_that_a_program_writes_are_read) {
    std::string chunks;
    for (int i = 0; i < 40; ++i) {
        chunks += png_chunk("tEXt", "workflow" + std::string(1, 0) + std::string(1 << 20, 'a'));
    }
    const auto picture = decode(png_with(chunks));
    ASSERT_TRUE(picture.ok()) << picture.error().to_string();
    EXPECT_EQ(largest_difference(*picture, fixture_picture("rgb.png")), 0);
}

TEST(PictureBounds, coefficients_of_scans_over_one_another_are_bounded) {
    const auto large = decode(jpeg_of_size(9000, 9000, "progressive.jpg"));
    ASSERT_EQ(code_of(large), "PICTURE_TOO_LARGE");
    EXPECT_NE(large.error().message.find("scans"), std::string::npos);
    EXPECT_EQ(code_of(decode(jpeg_of_size(2000, 2000, "progressive.jpg"))), "PICTURE_DAMAGED");
}

TEST(PictureBounds, a_caller_may_allow_fewer_pixels) {
    const std::string bytes = read_bytes(pictures / "rgb.png");
    const Picture picture = decode(bytes).value();
    const auto with = [&](std::int64_t pixels) {
        return code_of(decode_picture(std::as_bytes(std::span(bytes)), "test", pixels));
    };
    EXPECT_EQ(with(picture.height * picture.width), "accepted");
    EXPECT_EQ(with(picture.height * picture.width - 1), "PICTURE_TOO_LARGE");
}

TEST(PictureBounds, tiles_are_counted_before_they_are_made) {
    const auto settings_of = [](const char* text) {
        const auto json = nlohmann::json::parse(text);
        return read_preprocessor(ConfigReader(json, "test"), "siglip_vision").value();
    };
    const std::vector<Picture> one{Picture::black(8, 8)};
    const auto made = [&](const char* text) {
        const auto batch = preprocess(one, settings_of(text));
        return batch.ok() ? "accepted" : batch.error().code;
    };
    // 1024 tiles of 8000 x 8000 pixels would be 196 GB.
    EXPECT_LT(growth([&] {
                  EXPECT_EQ(made(R"({"image_processor_type":"LlavaNextImageProcessor","crop_size":32,
                                     "size":{"height":8000,"width":8000},"do_center_crop":false,
                                     "image_grid_pinpoints":[[1024,1024]]})"),
                            "PICTURE_TOO_LARGE");
              }),
              std::int64_t{1} << 30);
    EXPECT_EQ(made(R"({"image_processor_type":"LlavaNextImageProcessor","size":{"shortest_edge":16000},
                       "crop_size":16000,"image_grid_pinpoints":[[16000,16000]]})"),
              "PICTURE_TOO_LARGE");
}

}  // namespace
}  // namespace tandem::test
