// Malformed and hostile safetensors files, each refused by its own code.
#include <gtest/gtest.h>

#include "tests/engine/tensor/safetensors_builder.h"

namespace tandem::test {
namespace {

std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets, std::size_t data = 16) {
    return code_of("{" + entry("w", dtype, shape, offsets) + "}", data);
}

std::string length_prefix(std::uint64_t length) {
    std::string text(8, '\0');
    std::memcpy(text.data(), &length, 8);
    return text;
}

TEST(SafetensorsRefusal, files_shorter_than_their_header) {
    EXPECT_EQ(code_of_bytes(""), "ST_TOO_SHORT");
    EXPECT_EQ(code_of_bytes("1234567"), "ST_TOO_SHORT");
    EXPECT_EQ(code_of_bytes(length_prefix(0xffffff000000003cULL) + std::string(100, ' ')), "ST_HEADER_TOO_LARGE");
    EXPECT_EQ(code_of_bytes(length_prefix(100'000'001) + std::string(100, ' ')), "ST_HEADER_TOO_LARGE");
    EXPECT_EQ(code_of_bytes(length_prefix(1000) + std::string(92, ' ')), "ST_HEADER_PAST_EOF");
    auto file = SafetensorsFile::parse(bytes_of("1234567"), "short");
    EXPECT_NE(file.error().message.find("has 7"), std::string::npos);
}

TEST(SafetensorsRefusal, headers_that_are_not_json) {
    EXPECT_EQ(code_of("\xFF{}"), "ST_HEADER_NOT_UTF8");
    EXPECT_EQ(SafetensorsFile::parse(bytes_of(safetensors_text("\xFF")), "t").error().where, "t: byte 8");
    EXPECT_EQ(code_of("{"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of(""), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of(" {}"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of("\xEF\xBB\xBF{}"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of("{} x"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of(std::string_view("{}\0hidden", 9)), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of("[]"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of(R"({"a":1e999})"), "ST_HEADER_NOT_JSON");
    EXPECT_EQ(code_of("{/**/}"), "ST_HEADER_NOT_JSON");
}

TEST(SafetensorsRefusal, entries_that_are_no_tensors) {
    EXPECT_EQ(code_of(R"({"w":1})"), "ST_BAD_ENTRY");
    EXPECT_EQ(code_of(R"({"w":["F32",[1],[0,4]]})", 4), "ST_BAD_ENTRY");
    EXPECT_EQ(code_of(R"({"w":{"dtype":"F32","shape":[1]}})"), "ST_BAD_ENTRY");
    EXPECT_EQ(code_of(R"({"w":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", 4), "ST_BAD_ENTRY");
    EXPECT_EQ(code_of(R"({"w":{"dtype":{},"shape":[1],"data_offsets":[0,4]}})", 4), "ST_BAD_ENTRY");
    for (const char* shape :
         {"1", "[1.0]", "[-1]", "[\"1\"]", "[[1]]", "{}", "[true]", "[18446744073709551616]", "[-0]"}) {
        EXPECT_EQ(one("F32", shape, "[0,4]"), "ST_BAD_SHAPE") << shape;
    }
    std::string many = "[1";
    for (int i = 0; i < 64; ++i) {
        many += ",1";
    }
    EXPECT_EQ(one("F32", many + "]", "[0,4]"), "ST_BAD_SHAPE");
}

TEST(SafetensorsRefusal, keys_that_occur_twice) {
    EXPECT_EQ(code_of("{" + entry("w", "U8", "[1]", "[0,1]") + "," + entry("w", "U8", "[1]", "[1,2]") + "}", 2),
              "ST_DUPLICATE_TENSOR");
    EXPECT_EQ(code_of(R"({"w":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1), "ST_DUPLICATE_KEY");
    EXPECT_EQ(code_of(R"({"__metadata__":{"a":"1","a":"2"}})"), "ST_DUPLICATE_KEY");
    EXPECT_EQ(code_of(R"({"__metadata__":{},"__metadata__":{}})"), "ST_DUPLICATE_KEY");
}

TEST(SafetensorsRefusal, data_that_belong_to_none_or_to_two) {
    std::string ten = "{" + entry("weight_0", "F32", "[4]", "[0,16]");
    for (int i = 1; i < 10; ++i) {
        ten += "," + entry("weight_" + std::to_string(i), "F32", "[4]", "[0,16]");
    }
    EXPECT_EQ(code_of(ten + "}", 16), "ST_OFFSETS_OVERLAP");
    const std::string hole = "{" + entry("a", "F32", "[4]", "[0,16]") + "," + entry("b", "F32", "[4]", "[32,48]") + "}";
    EXPECT_EQ(code_of(hole, 48), "ST_OFFSETS_HOLE");
    EXPECT_EQ(one("U8", "[1]", "[1,2]"), "ST_OFFSETS_HOLE");
    auto file = SafetensorsFile::parse(bytes_of(safetensors_text(hole, 48)), "t");
    EXPECT_NE(file.error().message.find("bytes 16..32"), std::string::npos);
    const std::string good = safetensors_text("{" + entry("w", "F32", "[4]", "[0,16]") + "}", 16);
    EXPECT_EQ(code_of_bytes(good), "accepted");
    EXPECT_EQ(code_of_bytes(good + "extra_bogus_data_for_polyglot_file"), "ST_TRAILING_DATA");
    EXPECT_EQ(code_of_bytes(std::string_view(good).substr(0, good.size() - 2)), "ST_DATA_TRUNCATED");
    EXPECT_EQ(code_of("{}", 1), "ST_TRAILING_DATA");
}

TEST(SafetensorsRefusal, sizes_that_do_not_fit) {
    EXPECT_EQ(one("F32", "[2,18446744073709551614]", "[0,16]"), "ST_SIZE_OVERFLOW");
    EXPECT_EQ(one("F32", "[4194305,4194305,211106198978564]", "[0,16]"), "ST_SIZE_OVERFLOW");
    EXPECT_EQ(one("F32", "[9223372036854775807]", "[0,16]"), "ST_SIZE_OVERFLOW");
    EXPECT_EQ(one("U8", "[0,4294967296,4294967296]", "[0,0]", 0), "ST_SIZE_OVERFLOW");
    EXPECT_EQ(one("I32", "[2,2]", "[0,4]"), "ST_SHAPE_MISMATCH");
    EXPECT_EQ(one("F32", "[]", "[0,0]"), "ST_SHAPE_MISMATCH");
}

TEST(SafetensorsRefusal, offsets_that_are_none) {
    for (const char* offsets : {"[16,0]", "[-16,0]", "[0,1e300]", "[0,16.0]", "[\"0\",16]", "\"0\"", "[0]", "[0,8,16]",
                                "[]", "{}", "null", "[[0,16]]", "[0,99999999999999999999]"}) {
        EXPECT_EQ(one("F32", "[4]", offsets), "ST_BAD_OFFSETS") << offsets;
    }
    EXPECT_EQ(one("U8", "[18446744073709551615]", "[0,18446744073709551615]"), "ST_SIZE_OVERFLOW");
}

TEST(SafetensorsRefusal, dtypes) {
    EXPECT_EQ(one("F12", "[4]", "[0,16]"), "ST_UNKNOWN_DTYPE");
    EXPECT_EQ(one("f32", "[4]", "[0,16]"), "ST_UNKNOWN_DTYPE");
    EXPECT_EQ(one("F4", "[3]", "[0,1]"), "ST_MISALIGNED");
    EXPECT_EQ(one("F4", "[4]", "[0,2]", 2), "ST_UNSUPPORTED_DTYPE");
    EXPECT_EQ(one("F8_E4M3", "[16]", "[0,16]"), "ST_UNSUPPORTED_DTYPE");
}

TEST(SafetensorsRefusal, metadata) {
    EXPECT_EQ(code_of(R"({"__metadata__":{"a":{"b":"c"}}})"), "ST_METADATA_NOT_STRING");
    EXPECT_EQ(code_of(R"({"__metadata__":{"a":1}})"), "ST_METADATA_NOT_STRING");
    EXPECT_EQ(code_of(R"({"__metadata__":[]})"), "ST_METADATA_NOT_STRING");
}

TEST(SafetensorsRefusal, headers_beyond_the_limits) {
    std::string many = "{";
    for (int i = 0; i <= 131072; ++i) {
        many += (i == 0 ? "" : ",") + entry(std::to_string(i), "U8", "[0]", "[0,0]");
    }
    EXPECT_EQ(code_of(many + "}"), "ST_TOO_MANY_TENSORS");
    EXPECT_EQ(code_of("{\"w\":{\"x\":" + std::string(100000, '[')), "JSON_TOO_DEEP");
    std::string objects = "{\"w\":";
    for (int i = 0; i < 100000; ++i) {
        objects += "{\"a\":";
    }
    EXPECT_EQ(code_of(objects), "JSON_TOO_DEEP");
}

TEST(SafetensorsRefusal, other_kinds_of_file_are_recognised) {
    EXPECT_EQ(code_of_bytes(std::string("\x80\x02}q\x00(X\x01\x00\x00\x00", 12)), "PICKLE_REFUSED");
    EXPECT_EQ(code_of_bytes(std::string("PK\x03\x04\x00\x00\x08\x08", 8) + std::string(60, 'x')), "PICKLE_REFUSED");
    EXPECT_EQ(code_of_bytes("cos\nsystem\n(S'id'\ntR."), "PICKLE_REFUSED");
    EXPECT_EQ(code_of_bytes("version https://git-lfs.github.com/spec/v1\n"), "NOT_A_MODEL");
    EXPECT_EQ(code_of_bytes("<!doctype html><html></html>"), "NOT_A_MODEL");
    EXPECT_EQ(code_of_bytes(std::string("GGUF\x03\x00\x00\x00", 8) + std::string(60, 'x')), "NOT_A_MODEL");
}

TEST(SafetensorsRefusal, names_in_messages_are_harmless) {
    const std::string name(5000, 'n');
    auto file = SafetensorsFile::parse(bytes_of(safetensors_text("{\"\\u001b[2J" + name + "\":1}")), "t");
    EXPECT_LT(file.error().to_string().size(), 400U);
    EXPECT_EQ(file.error().to_string().find('\x1b'), std::string::npos);
}

TEST(SafetensorsRefusal, every_truncation_of_a_good_file_has_a_code) {
    const std::string good = safetensors_text("{" + entry("w", "F32", "[2,2]", "[0,16]") + "}", 16);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const std::string code = code_of_bytes(std::string_view(good).substr(0, size));
        EXPECT_TRUE(code.starts_with("ST_")) << size << " " << code;
    }
}

}  // namespace
}  // namespace tandem::test
