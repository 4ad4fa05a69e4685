// Pictures of every kind against what Pillow 13 makes of them: PNG to the level, JPEG within one level, as Pillow
// brings another version of libjpeg-turbo along.
#include "tests/engine/vision/picture_support.h"

namespace tandem::test {
namespace {

std::vector<std::string> decoded_names() {
    std::vector<std::string> names;
    const auto expected = SafetensorsFile::open(pictures / "decoded.safetensors").value();
    for (const TensorView& tensor : expected->tensors()) {
        names.push_back(tensor.name);
    }
    return names;
}

class Decode : public testing::TestWithParam<std::string> {};

TEST_P(Decode, gives_the_levels_of_the_reference) {
    const auto expected = SafetensorsFile::open(pictures / "decoded.safetensors").value();
    const auto found = open_picture(pictures / GetParam());
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_LE(largest_difference(*found, expected_picture(*expected, GetParam())),
              GetParam().ends_with(".png") ? 0 : 1);
}

INSTANTIATE_TEST_SUITE_P(Picture, Decode, testing::ValuesIn(decoded_names()), [](const auto& test) {
    std::string name = test.param;
    std::ranges::replace(name, '.', '_');
    return name;
});

TEST(Decode, refuses_greyscale_of_16_bits_with_the_reason) {
    const auto found = open_picture(pictures / "deep_grey.png");
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, "PICTURE_FORMAT");
    EXPECT_NE(found.error().message.find("16 bits"), std::string::npos);
}

}  // namespace
}  // namespace tandem::test
