// Large hostile files cost neither time nor memory: a refusal comes within two seconds and takes a small part of the
// file's own size.
#include <gtest/gtest.h>

#include <functional>

#include "tests/engine/tensor/gguf_builder.h"
#include "tests/engine/tensor/safetensors_builder.h"
#include "tests/support/cost.h"

namespace tandem::test {
namespace {

// The code, in bounds.
std::string bounded(const std::function<std::string()>& read) {
    const Cost cost;
    std::string code = read();
    EXPECT_LT(cost.seconds(), 2) << code;
    EXPECT_LT(cost.kib(), 128 * 1024) << code;
    return code;
}

TEST(Bounds, a_safetensors_header_as_long_as_allowed) {
    constexpr std::size_t longest = 95'000'000;
    std::string header = "{";
    header.reserve(longest + 100);
    for (int i = 0; header.size() < longest; ++i) {
        header += "\"" + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)";
    }
    header.back() = '}';
    const std::string many = safetensors_text(header);
    EXPECT_EQ(bounded([&] { return code_of_bytes(many); }), "ST_TOO_MANY_TENSORS");

    const std::string deep = safetensors_text(R"({"w":{"x":)" + std::string(longest, '['));
    EXPECT_EQ(bounded([&] { return code_of_bytes(deep); }), "JSON_TOO_DEEP");
    const std::string key = safetensors_text("{\"" + std::string(longest, 'k') + "\":1}");
    EXPECT_EQ(code_of_bytes(key), "ST_BAD_ENTRY");
    const std::string blanks = safetensors_text("{" + std::string(longest, ' ') + "}");
    EXPECT_EQ(bounded([&] { return code_of_bytes(blanks); }), "accepted");
}

TEST(Bounds, gguf_tables_as_long_as_allowed) {
    Bytes entries;
    entries.header(0, 65536);
    for (int i = 0; i < 65536; ++i) {
        entries.entry(std::to_string(i), u8, std::uint8_t{0});
    }
    EXPECT_EQ(bounded([&] { return code_of(entries); }), "accepted");

    Bytes strings;
    strings.header(0, 1).array("a", str, 1U << 22).zeros((1U << 22) * 8);
    EXPECT_EQ(code_of(strings), "accepted");

    Bytes lies;  // counts that the file's own size gives the lie to
    lies.header(131072, 65536).entry("a", u8, std::uint8_t{0});
    EXPECT_EQ(bounded([&] { return code_of(lies); }), "GGUF_TRUNCATED");
}

}  // namespace
}  // namespace tandem::test
