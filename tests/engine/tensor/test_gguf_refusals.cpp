// Malformed and hostile GGUF files, each refused by its own code.
#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/tensor/gguf_builder.h"

namespace tandem::test {
namespace {

constexpr std::uint64_t biggest = std::numeric_limits<std::uint64_t>::max();

std::string code_of_text(std::string_view text) {
    return code_of(Bytes().raw(text));
}

TEST(GgufRefusal, wrong_magic) {
    EXPECT_EQ(code_of(Bytes().raw("FUGG").number(3U).zeros(16)), "GGUF_BAD_MAGIC");
    EXPECT_EQ(code_of_text("ggjt1234567890123456"), "GGUF_BAD_MAGIC");
    EXPECT_EQ(code_of_text("GG"), "GGUF_TRUNCATED");
    EXPECT_EQ(code_of(Bytes()), "GGUF_TRUNCATED");
}

TEST(GgufRefusal, other_kinds_of_file_are_recognised) {
    EXPECT_EQ(code_of_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"), "NOT_A_MODEL");
    EXPECT_EQ(code_of_text("<!DOCTYPE html><html>"), "NOT_A_MODEL");
    EXPECT_EQ(code_of_text("\n  <HTML><body>"), "NOT_A_MODEL");
    EXPECT_EQ(code_of(Bytes().raw("PK\x03\x04").zeros(30)), "NOT_A_MODEL");
    EXPECT_EQ(code_of(Bytes().raw("\x80\x04\x95").zeros(20)), "NOT_A_MODEL");
    EXPECT_EQ(code_of_text("cos\nsystem\n(S'id'\ntR."), "NOT_A_MODEL");
    auto lfs = GgufFile::parse(Bytes().raw("version https://git-lfs").span(), "m.gguf");
    EXPECT_NE(lfs.error().message.find("looks like a Git LFS pointer"), std::string::npos);
}

TEST(GgufRefusal, versions) {
    for (const std::uint32_t version : {0U, 1U, 4U, 65537U}) {
        EXPECT_EQ(code_of(Bytes().header(0, 0, version)), "GGUF_VERSION") << version;
    }
    EXPECT_EQ(code_of(Bytes().header(0, 0, 0x03000000U)), "GGUF_BIG_ENDIAN");
}

TEST(GgufRefusal, counts) {
    EXPECT_EQ(code_of(Bytes().header(biggest, 0)), "GGUF_COUNT");
    EXPECT_EQ(code_of(Bytes().header(0, biggest)), "GGUF_COUNT");
    EXPECT_EQ(code_of(Bytes().header(131073, 0)), "GGUF_COUNT");
    EXPECT_EQ(code_of(Bytes().header(0, 65537)), "GGUF_COUNT");
    EXPECT_EQ(code_of(Bytes().raw("GGUF").number(3U).number(1U)), "GGUF_TRUNCATED");
}

TEST(GgufRefusal, strings_past_the_end) {
    EXPECT_EQ(code_of(Bytes().header(0, 1).number(biggest).raw("key")), "GGUF_STRING_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).number(std::uint64_t{100}).raw("key")), "GGUF_STRING_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).text("k").number<std::uint32_t>(str).number(biggest)),
              "GGUF_STRING_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).text(std::string(70000, 'k'))), "GGUF_STRING_TOO_LONG");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("k", std::string((16U << 20) + 1, 'x'))), "GGUF_STRING_TOO_LONG");
}

TEST(GgufRefusal, metadata) {
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("", "x")), "GGUF_KV_EMPTY");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("a\xFF", "x")), "GGUF_KV_NAME");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry(std::string_view("a\0b", 3), "x")), "GGUF_KV_NAME");
    EXPECT_EQ(code_of(Bytes().header(0, 2).entry("a", "x").entry("a", "y")), "GGUF_KV_DUPLICATE");
    EXPECT_EQ(code_of(Bytes().header(0, 1).text("a").number(13U).zeros(16)), "GGUF_KV_TYPE");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", 13, 1).zeros(16)), "GGUF_KV_TYPE");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", arr, 1).number<std::uint32_t>(u8).zeros(16)), "GGUF_KV_NESTED");
    EXPECT_EQ(code_of(Bytes().header(0, 1).text("a").number<std::uint32_t>(u32).number(std::uint16_t{1})),
              "GGUF_TRUNCATED");
}

// Files carry such values under keys that nobody needs; where a whole number is needed, GGUF_KV_TYPE follows.
TEST(GgufRefusal, odd_values_do_not_stop_the_reader) {
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("a", u64, biggest)), "accepted");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", u64, 1).number(biggest)), "accepted");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("a", boolean, std::uint8_t{2})), "accepted");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", boolean, 1).number(std::uint8_t{9})), "accepted");
    for (const std::uint32_t alignment : {1U, 2U, 4U, 65536U}) {
        EXPECT_EQ(code_of(Bytes().header(0, 1).entry("general.alignment", u32, alignment)), "accepted") << alignment;
    }
}

TEST(GgufRefusal, arrays_past_the_end_or_beyond_the_limit) {
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", u32, 4).zeros(15)), "GGUF_KV_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", u64, biggest / 8 + 1).zeros(16)), "GGUF_KV_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", str, biggest).zeros(16)), "GGUF_KV_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", u8, (1U << 24) + 1).zeros((1U << 24) + 1)), "GGUF_KV_LIMIT");
    EXPECT_EQ(code_of(Bytes().header(0, 1).array("a", str, (1U << 22) + 1).zeros(((1U << 22) + 1) * 8)),
              "GGUF_KV_LIMIT");
}

TEST(GgufRefusal, keys_that_take_too_much_together) {
    Bytes bytes;
    bytes.header(0, 20);
    for (int i = 0; i < 20; ++i) {
        bytes.entry(std::string(60000, static_cast<char>('a' + i)), u8, std::uint8_t{0});
    }
    EXPECT_EQ(code_of(bytes), "GGUF_KV_LIMIT");
}

TEST(GgufRefusal, alignment) {
    for (const std::uint32_t alignment : {0U, 3U, 13U, 131072U, 0x80000000U}) {
        EXPECT_EQ(code_of(Bytes().header(0, 1).entry("general.alignment", u32, alignment)), "GGUF_ALIGNMENT")
            << alignment;
    }
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("general.alignment", i32, std::int32_t{32})), "GGUF_ALIGNMENT");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("general.alignment", u64, std::uint64_t{32})), "GGUF_ALIGNMENT");
    EXPECT_EQ(code_of(Bytes().header(0, 1).entry("general.alignment", "32")), "GGUF_ALIGNMENT");
}

TEST(GgufRefusal, tensor_names_and_ranks) {
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor(std::string(64, 'n'), {1}, 0, 0).zeros(64)), "GGUF_TENSOR_NAME");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("", {1}, 0, 0).zeros(64)), "GGUF_TENSOR_NAME");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("\xC3(", {1}, 0, 0).zeros(64)), "GGUF_TENSOR_NAME");
    EXPECT_EQ(code_of(Bytes().header(2, 0).tensor("a", {1}, 0, 0).tensor("a", {1}, 0, 32).zeros(96)),
              "GGUF_TENSOR_DUPLICATE");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {1, 1, 1, 1, 1}, 0, 0).zeros(64)), "GGUF_TENSOR_DIMS");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor(std::string(63, 'n'), {1}, 0, 0).align(32).zeros(4)), "accepted");
}

TEST(GgufRefusal, sizes_that_do_not_fit) {
    const auto one = [](std::vector<std::uint64_t> ne, std::uint32_t type) {
        return code_of(Bytes().header(1, 0).tensor("a", ne, type, 0).zeros(64));
    };
    EXPECT_EQ(one({biggest}, 0), "GGUF_SIZE_OVERFLOW");  // -1 as a signed number
    EXPECT_EQ(one({std::uint64_t{1} << 63}, 24), "GGUF_SIZE_OVERFLOW");
    EXPECT_EQ(one({std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 24), "GGUF_SIZE_OVERFLOW");
    EXPECT_EQ(one({biggest / 4}, 0), "GGUF_SIZE_OVERFLOW");  // padding would wrap to zero
    EXPECT_EQ(one({0, std::uint64_t{1} << 62, 4}, 0), "GGUF_SIZE_OVERFLOW");
    constexpr std::uint64_t large = 0x7FFFFFFFFFFFFFC0ULL;
    EXPECT_EQ(code_of(Bytes().header(2, 0).tensor("a", {large}, 24, 0).tensor("b", {large}, 24, large).zeros(64)),
              "GGUF_SIZE_OVERFLOW");
}

TEST(GgufRefusal, types) {
    const auto one = [](std::uint64_t row, std::uint32_t type) {
        return code_of(Bytes().header(1, 0).tensor("a", {row}, type, 0).zeros(64));
    };
    EXPECT_EQ(one(33, 8), "GGUF_TYPE");
    EXPECT_EQ(one(128, 12), "GGUF_TYPE");
    for (const std::uint32_t type : {4U, 5U, 9U, 15U, 16U, 22U, 31U, 36U, 39U, 42U, 43U, 0xFFFFFFFFU}) {
        EXPECT_EQ(one(256, type), "GGUF_TYPE") << type;
    }
    auto file = GgufFile::parse(Bytes().header(1, 0).tensor("a", {256}, 19, 0).zeros(300).span(), "m.gguf");
    EXPECT_NE(file.error().message.find("IQ1_S"), std::string::npos);
    EXPECT_NE(file.error().message.find("supported are F32, F16"), std::string::npos);
    EXPECT_EQ(file.error().kind, ErrorKind::unsupported);
}

TEST(GgufRefusal, offsets_and_data) {
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {1}, 0, 32).zeros(128)), "GGUF_OFFSET");
    EXPECT_EQ(code_of(Bytes().header(2, 0).tensor("a", {9}, 0, 0).tensor("b", {1}, 0, 32).zeros(128)), "GGUF_OFFSET");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {1000000}, 0, 0).zeros(64)), "GGUF_DATA_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {2}, 0, 0).align(32).zeros(7)), "GGUF_DATA_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {0}, 0, 0)), "GGUF_DATA_PAST_EOF");
    EXPECT_EQ(code_of(Bytes().header(1, 0).tensor("a", {2}, 0, 0).align(32).zeros(8)), "accepted");
}

TEST(GgufRefusal, scores_that_do_not_match_the_tokens) {
    const auto with_scores = [](std::uint32_t type, std::uint64_t count, std::size_t bytes) {
        return code_of(Bytes()
                           .header(0, 2)
                           .array("tokenizer.ggml.tokens", str, 2)
                           .text("a")
                           .text("b")
                           .array("tokenizer.ggml.scores", type, count)
                           .zeros(bytes));
    };
    EXPECT_EQ(with_scores(i8, 2, 2), "GGUF_KV_TYPE");
    EXPECT_EQ(with_scores(f32, 1, 4), "GGUF_KV_TYPE");
    EXPECT_EQ(with_scores(f32, 2, 8), "accepted");
}

TEST(GgufRefusal, every_truncation_of_a_good_file_has_a_code) {
    Bytes good;
    good.header(2, 3).entry("general.architecture", "llama").array("t", str, 2).text("ab").text("c");
    good.entry("n", u32, 7U).tensor("a", {4, 2}, 0, 0).tensor("b", {32}, 2, 32).align(32).zeros(50);
    ASSERT_EQ(code_of(good), "accepted");
    for (std::size_t size = 0; size < good.size(); ++size) {
        auto file = GgufFile::parse(good.span().first(size), "cut.gguf");
        ASSERT_FALSE(file.ok()) << size;
        EXPECT_TRUE(file.error().code.starts_with("GGUF_")) << size << file.error().to_string();
        EXPECT_FALSE(file.error().where.empty());
    }
}

}  // namespace
}  // namespace tandem::test
