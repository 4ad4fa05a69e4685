#include "engine/tensor/safetensors.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/tensor/safetensors_builder.h"
#include "tests/support/cost.h"

namespace tandem::test {
namespace {

TEST(Safetensors, tensors_are_views_in_the_order_of_their_data) {
    const std::string text =
        safetensors_text("{" + entry("b", "F32", "[2,1]", "[8,16]") + "," + entry("a", "I64", "[]", "[0,8]") +
                             R"(,"__metadata__":{"format":"pt"}}  )",
                         16);
    auto file = SafetensorsFile::parse(bytes_of(text), "test");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    ASSERT_EQ((*file)->tensors().size(), 2U);
    EXPECT_EQ((*file)->tensors()[0].name, "a");
    EXPECT_EQ((*file)->tensors()[0].elements(), 1);
    const TensorView* b = (*file)->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->shape, (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(b->data.data(), bytes_of(text).data() + text.size() - 8);
    EXPECT_EQ((*file)->find("c"), nullptr);
    EXPECT_EQ((*file)->metadata().at("format"), "pt");
}

TEST(Safetensors, what_is_written_is_read_back) {
    const std::vector<float> numbers{1, 2, 3, std::numeric_limits<float>::quiet_NaN()};
    const std::vector<std::byte> eight(8, std::byte{7});
    const std::vector<TensorView> tensors{
        {.name = "w\"\n\xC3\xA9", .type = TensorType::f32, .shape = {2, 2}, .data = std::as_bytes(std::span(numbers))},
        {.name = "none", .type = TensorType::f16, .shape = {0, 3}, .data = {}},
        {.name = "mask", .type = TensorType::boolean, .shape = {8}, .data = eight},
    };
    const auto bytes = write_safetensors(tensors, {{"step", "7"}});
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    EXPECT_EQ(length % 8, 0U);
    auto file = SafetensorsFile::parse(bytes, "written");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->metadata().at("step"), "7");
    for (const TensorView& tensor : tensors) {
        const TensorView* found = (*file)->find(tensor.name);
        ASSERT_NE(found, nullptr) << tensor.name;
        EXPECT_EQ(found->type, tensor.type);
        EXPECT_EQ(found->shape, tensor.shape);
        EXPECT_TRUE(std::equal(found->data.begin(), found->data.end(), tensor.data.begin(), tensor.data.end()));
    }
    EXPECT_TRUE(SafetensorsFile::parse(write_safetensors({}, {}), "empty").ok());
}

TEST(Safetensors, unusual_but_valid_headers_are_accepted) {
    EXPECT_EQ(code_of("{}"), "accepted");
    EXPECT_EQ(code_of("{ \n}\t "), "accepted");
    EXPECT_EQ(code_of("{" + entry("a", "F32", "[0,5]", "[0,0]") + "," + entry("b", "F32", "[0]", "[0,0]") + "}"),
              "accepted");
    EXPECT_EQ(code_of(R"({"a":{"more":{"x":[1,{"y":null}]},"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
              "accepted");
    EXPECT_EQ(code_of("{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("w", "F32", "[1]", "[1,5]") + "}", 5),
              "accepted");  // misaligned data are allowed
}

TEST(Safetensors, a_tensor_without_numbers_is_data_like_any_other) {
    std::string text = safetensors_text("{" + entry("w", "F32", "[4]", "[0,16]") + "}");
    text.append(16, '\xFF');
    auto file = SafetensorsFile::parse(bytes_of(text), "test");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ((*file)->tensors()[0].data.size(), 16U);
}

TEST(Safetensors, a_header_of_100000_tensors_is_read_within_two_seconds) {
    std::string header = "{";
    for (std::size_t i = 0; i < 100000; ++i) {
        const std::string range = "[" + std::to_string(4 * i) + "," + std::to_string(4 * i + 4) + "]";
        header += (i == 0 ? "" : ",") + entry("model.layers.tensor." + std::to_string(i), "F32", "[1]", range);
    }
    const std::string text = safetensors_text(header + "}", 400000);
    const Cost cost;
    auto file = SafetensorsFile::parse(bytes_of(text), "large");
    const double seconds = cost.seconds();
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_NE((*file)->find("model.layers.tensor.99999"), nullptr);
    EXPECT_LT(seconds, 2.0);
}

}  // namespace
}  // namespace tandem::test
