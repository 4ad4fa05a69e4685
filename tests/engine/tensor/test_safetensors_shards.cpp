// Folders: an index and its shards.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/tensor/safetensors_builder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

class Shards : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::path(testing::TempDir()) / ("tandem_shards_" + std::string(test->name()));
        fs::remove_all(folder_);
        fs::create_directories(folder_ / "model");
    }
    void TearDown() override { fs::remove_all(folder_); }

    void write(const std::string& name, std::string_view text) const {
        std::ofstream(folder_ / "model" / name, std::ios::binary) << text;
    }
    void shard(const std::string& file, std::string_view tensor) const {
        write(file, safetensors_text("{" + entry(tensor, "F32", "[1]", "[0,4]") + "}", 4));
    }
    void index(std::string_view weight_map) const {
        write("model.safetensors.index.json",
              R"({"metadata":{"total_size":8},"weight_map":)" + std::string(weight_map) + "}");
    }
    std::string code() const {
        auto file = SafetensorsFile::open(folder_ / "model");
        return file.ok() ? "accepted" : file.error().code;
    }

    fs::path folder_;
};

TEST_F(Shards, tensors_of_all_shards_are_found) {
    shard("model-00001-of-00002.safetensors", "a");
    shard("model-00002-of-00002.safetensors", "b");
    index(R"({"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"})");
    auto file = SafetensorsFile::open(folder_ / "model");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->tensors().size(), 2U);
    EXPECT_NE((*file)->find("a"), nullptr);
    EXPECT_NE((*file)->find("b"), nullptr);
}

TEST_F(Shards, a_folder_without_an_index_has_one_file) {
    EXPECT_EQ(code(), "FILE_NOT_FOUND");
    shard("model.safetensors", "a");
    EXPECT_EQ(code(), "accepted");
    write("model.safetensors", "");
    EXPECT_EQ(code(), "ST_TOO_SHORT");
}

TEST_F(Shards, a_missing_shard_is_named) {
    shard("one.safetensors", "a");
    index(R"({"a":"one.safetensors","b":"two.safetensors"})");
    auto file = SafetensorsFile::open(folder_ / "model");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, "IDX_SHARD_MISSING");
    EXPECT_NE(file.error().message.find("two.safetensors"), std::string::npos);
}

TEST_F(Shards, a_tensor_in_two_shards_is_refused) {
    shard("one.safetensors", "a");
    shard("two.safetensors", "a");
    index(R"({"a":"one.safetensors","b":"two.safetensors"})");
    EXPECT_EQ(code(), "IDX_DUPLICATE");
    index(R"({"a":"one.safetensors","a":"two.safetensors"})");
    EXPECT_EQ(code(), "IDX_DUPLICATE");
}

TEST_F(Shards, a_tensor_must_be_where_the_index_says) {
    shard("one.safetensors", "a");
    shard("two.safetensors", "b");
    index(R"({"a":"two.safetensors","b":"one.safetensors"})");
    EXPECT_EQ(code(), "IDX_TENSOR_MISSING");
    index(R"({"a":"one.safetensors","c":"one.safetensors"})");
    EXPECT_EQ(code(), "IDX_TENSOR_MISSING");
}

TEST_F(Shards, names_never_leave_the_folder) {
    std::ofstream(folder_ / "x", std::ios::binary)
        << safetensors_text("{" + entry("a", "F32", "[1]", "[0,4]") + "}", 4);
    for (const char* name :
         {"../../x", "../x", "..", ".", "", "/etc/passwd", "a/../../x", "sub/x", "..\\\\x", "x\\u0000y"}) {
        index("{\"a\":\"" + std::string(name) + "\"}");
        EXPECT_EQ(code(), "PATH_ESCAPES") << name;
    }
}

TEST_F(Shards, an_index_that_is_none_is_refused) {
    for (const char* map : {"1", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":[\"one\"]}"}) {
        index(map);
        EXPECT_EQ(code(), "IDX_NO_WEIGHT_MAP") << map;
    }
    write("model.safetensors.index.json", "{}");
    EXPECT_EQ(code(), "IDX_NO_WEIGHT_MAP");
    write("model.safetensors.index.json", R"({"deeper":{"weight_map":{"a":"one.safetensors"}}})");
    EXPECT_EQ(code(), "IDX_NO_WEIGHT_MAP");
    write("model.safetensors.index.json", "{");
    EXPECT_EQ(code(), "IDX_NOT_JSON");
    write("model.safetensors.index.json", "\"weight_map\"");
    EXPECT_EQ(code(), "IDX_NOT_JSON");
    write("model.safetensors.index.json", "{\"a\":" + std::string(100000, '['));
    EXPECT_EQ(code(), "JSON_TOO_DEEP");
    write("model.safetensors.index.json", "");
    EXPECT_EQ(code(), "FILE_EMPTY");
}

TEST_F(Shards, pickles_are_refused_by_name) {
    write("pytorch_model.bin", "x");
    index(R"({"a":"pytorch_model.bin"})");
    EXPECT_EQ(code(), "PICKLE_REFUSED");
    for (const char* name : {"m.pt", "m.bin", "m.CKPT", "m.pt2", "m.mar", "m.pth"}) {
        shard(name, "a");
        auto file = SafetensorsFile::open(folder_ / "model" / name);
        ASSERT_FALSE(file.ok());
        EXPECT_EQ(file.error().code, "PICKLE_REFUSED") << name;
    }
}

}  // namespace
}  // namespace tandem::test
