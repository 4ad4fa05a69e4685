#include "engine/tensor/gguf.h"

#include <gtest/gtest.h>

#include "tests/engine/tensor/gguf_builder.h"

namespace tandem::test {
namespace {

TEST(Gguf, tensors_are_views_with_the_outermost_dimension_first) {
    Bytes bytes;
    bytes.header(2, 0).tensor("a", {4, 2}, 0, 0).tensor("b", {32}, 8, 32).align(32);
    const std::size_t data = bytes.size();
    for (int i = 0; i < 8; ++i) {
        bytes.number(static_cast<float>(i));
    }
    bytes.zeros(34);
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    const TensorView* a = (*file)->find("a");
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->shape, (std::vector<std::int64_t>{2, 4}));
    EXPECT_EQ(a->type, TensorType::f32);
    EXPECT_EQ(a->data.data(), bytes.span().data() + data);
    EXPECT_EQ(a->data.size(), 32U);
    EXPECT_EQ((*file)->find("b")->data.size(), 34U);
    EXPECT_EQ((*file)->find("c"), nullptr);
    EXPECT_EQ((*file)->tensors().size(), 2U);
}

TEST(Gguf, both_versions_are_read) {
    for (const std::uint32_t version : {2U, 3U}) {
        Bytes bytes;
        bytes.header(0, 1, version).entry("general.architecture", "llama");
        auto file = GgufFile::parse(bytes.span(), "test.gguf");
        ASSERT_TRUE(file.ok());
        EXPECT_EQ((*file)->version(), version);
        EXPECT_EQ(*(*file)->text("general.architecture"), "llama");
    }
}

TEST(Gguf, metadata_of_every_type_is_widened) {
    Bytes bytes;
    bytes.header(0, 15);
    bytes.entry("a", u8, std::uint8_t{255}).entry("b", i8, std::int8_t{-1}).entry("c", u16, std::uint16_t{65535});
    bytes.entry("d", i16, std::int16_t{-2})
        .entry("e", u32, std::uint32_t{4294967295U})
        .entry("f", i32, std::int32_t{-3});
    bytes.entry("g", f32, 1.5F).entry("h", boolean, std::uint8_t{1}).entry("i", "text");
    bytes.entry("j", u64, std::uint64_t{1} << 62).entry("k", i64, std::int64_t{-4}).entry("l", f64, 2.5);
    bytes.array("m", i32, 2).number(std::int32_t{7}).number(std::int32_t{-7});
    bytes.array("n", str, 2).text("x").text("");
    bytes.array("o", f32, 1).number(0.5F);
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    const GgufFile& read = **file;
    EXPECT_EQ(*read.integer("a"), 255);
    EXPECT_EQ(*read.integer("b"), -1);
    EXPECT_EQ(*read.integer("c"), 65535);
    EXPECT_EQ(*read.integer("d"), -2);
    EXPECT_EQ(*read.integer("e"), 4294967295);
    EXPECT_EQ(*read.integer("f"), -3);
    EXPECT_EQ(*read.real("g"), 1.5);
    EXPECT_EQ(std::get<bool>(read.metadata().find("h")->second), true);
    EXPECT_EQ(*read.text("i"), "text");
    EXPECT_EQ(*read.integer("j"), std::int64_t{1} << 62);
    EXPECT_EQ(*read.integer("k"), -4);
    EXPECT_EQ(*read.real("l"), 2.5);
    EXPECT_EQ(*read.integers("m"), (std::vector<std::int64_t>{7, -7}));
    EXPECT_EQ(*read.texts("n"), (std::vector<std::string>{"x", ""}));
    EXPECT_EQ(*read.reals("o"), std::vector<double>{0.5});
}

TEST(Gguf, a_missing_or_differently_typed_key_says_what_is_needed) {
    Bytes bytes;
    bytes.header(0, 1).entry("general.name", "x");
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ((*file)->integer("nothing").error().code, "GGUF_KV_MISSING");
    const auto wrong = (*file)->reals("general.name");
    EXPECT_EQ(wrong.error().code, "GGUF_KV_TYPE");
    EXPECT_NE(wrong.error().message.find("need float32[n], found a string"), std::string::npos);
    EXPECT_TRUE((*file)->has("general.name"));
}

TEST(Gguf, another_alignment_moves_the_data) {
    Bytes bytes;
    bytes.header(1, 1).entry("general.alignment", u32, std::uint32_t{64}).tensor("a", {1}, 0, 0).align(64);
    const std::size_t data = bytes.size();
    bytes.number(1.0F);
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->tensors()[0].data.data(), bytes.span().data() + data);
}

TEST(Gguf, zero_element_tensors_and_scalars_are_accepted) {
    Bytes bytes;
    bytes.header(3, 0).tensor("none", {0, 7}, 8, 0).tensor("scalar", {}, 0, 0).tensor("after", {0}, 14, 32).align(32);
    bytes.zeros(32);
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->find("none")->elements(), 0);
    EXPECT_TRUE((*file)->find("none")->data.empty());
    EXPECT_EQ((*file)->find("scalar")->elements(), 1);
}

TEST(Gguf, a_large_directory_is_read_in_linear_time) {
    constexpr std::uint64_t count = 100000;
    Bytes bytes;
    bytes.header(count, 0);
    for (std::uint64_t i = 0; i < count; ++i) {
        bytes.tensor("blk." + std::to_string(i), {1}, 0, i * 32);
    }
    bytes.align(32).zeros(count * 32);
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_NE((*file)->find("blk.99999"), nullptr);
}

}  // namespace
}  // namespace tandem::test
