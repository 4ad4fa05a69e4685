// Every filter, smaller and larger, against Pillow 13's Image.resize, to the level.
#include "engine/vision/resize.h"

#include "tests/engine/vision/picture_support.h"

namespace tandem::test {
namespace {

constexpr std::pair<const char*, Filter> filters[] = {{"NEAREST", Filter::nearest},   {"LANCZOS", Filter::lanczos},
                                                      {"BILINEAR", Filter::bilinear}, {"BICUBIC", Filter::bicubic},
                                                      {"BOX", Filter::box},           {"HAMMING", Filter::hamming}};

TEST(Resize, gives_the_levels_of_the_reference) {
    const auto expected = SafetensorsFile::open(pictures / "resized.safetensors").value();
    const Picture picture = fixture_picture("rgb.png");
    int compared = 0;
    for (const TensorView& tensor : expected->tensors()) {
        for (const auto& [name, filter] : filters) {
            if (tensor.name.starts_with(std::string(name) + " ")) {
                const auto found = resized(picture, tensor.shape[0], tensor.shape[1], filter);
                ASSERT_TRUE(found.ok()) << found.error().to_string();
                EXPECT_EQ(largest_difference(*found, expected_picture(*expected, tensor.name)), 0) << tensor.name;
                ++compared;
            }
        }
    }
    EXPECT_EQ(compared, 24);
}

TEST(Resize, a_picture_that_would_be_too_large_on_its_way_is_refused) {
    const Picture tall = Picture::black(1'000'000, 1);
    EXPECT_TRUE(resized(tall, 10, 1000, Filter::bilinear).ok());
    EXPECT_EQ(resized(Picture::black(1'000'000, 60), 999'990, 50, Filter::box).ok(), true);
    EXPECT_EQ(resized(Picture::black(100'000, 1), 100'001, 1000, Filter::bilinear).error().code, "PICTURE_TOO_LARGE");
    EXPECT_EQ(resized(tall, 224 * 1'000'000LL, 224, Filter::nearest).error().code, "PICTURE_TOO_LARGE");
    EXPECT_TRUE(resized(tall, 10, 1, Filter::bicubic).ok());
}

}  // namespace
}  // namespace tandem::test
