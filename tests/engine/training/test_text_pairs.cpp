// JSONL of pairs: what is taken, and that each fault is named with its line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/api/sha256.h"
#include "engine/training/data_rows.h"
#include "engine/training/text_pairs.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

class TextPairs : public testing::Test {
protected:
    fs::path write(const std::string& text) {
        const fs::path path = fs::path(testing::TempDir()) /
                              (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".jsonl");
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    // "CODE line N"
    std::string fault_of(const std::string& text) {
        const auto pairs = read_text_pairs(write(text));
        if (pairs.ok()) {
            return "accepted";
        }
        const std::string& where = pairs.error().where;
        const std::size_t colon = where.rfind(".jsonl:");
        return pairs.error().code + (colon == std::string::npos ? "" : " line " + where.substr(colon + 7));
    }
};

TEST_F(TextPairs, lines_are_read_in_their_order_with_their_numbers) {
    const auto pairs = read_text_pairs(
        write("\xEF\xBB\xBF{\"source\":\"a\\n\\u00e9\",\"target\":\"\",\"id\":7,\"more\":{\"source\":[1]}}\r\n\n"
              "{\"target\":\"t\",\"source\":\"s\"}"));
    ASSERT_TRUE(pairs.ok()) << pairs.error().to_string();
    ASSERT_EQ(pairs->size(), 2U);
    EXPECT_EQ((*pairs)[0].source, "a\n\xC3\xA9");
    EXPECT_EQ((*pairs)[0].target, "");
    EXPECT_EQ((*pairs)[1].source, "s");
    EXPECT_EQ((*pairs)[1].line, 3);
}

TEST_F(TextPairs, every_fault_is_named_with_its_line) {
    const std::string good = "{\"source\":\"a\",\"target\":\"b\"}\n";
    EXPECT_EQ(fault_of(good + "{\"source\":\"a\""), "DATA_NOT_JSON line 2");
    EXPECT_EQ(fault_of(good + good + "{\"source\":\"a\",\"target\":\"b\"} x"), "DATA_NOT_JSON line 3");
    EXPECT_EQ(fault_of("[" + std::string(100000, '[')), "DATA_TYPE line 1");
    EXPECT_EQ(fault_of("{\"source\":\"a\",\"target\":\"b\",\"x\":" + std::string(100000, '[')), "DATA_NOT_JSON line 1");
    EXPECT_EQ(fault_of("{\"source\":\"a\"}"), "DATA_MISSING_KEY line 1");
    EXPECT_EQ(fault_of("{\"sources\":\"a\",\"target\":\"b\"}"), "DATA_MISSING_KEY line 1");
    EXPECT_EQ(fault_of("{\"source\":\"a\",\"target\":\"b\",\"source\":\"c\"}"), "DATA_DUPLICATE_KEY line 1");
    EXPECT_EQ(fault_of("{\"source\":\"a\",\"target\":3}"), "DATA_TYPE line 1");
    EXPECT_EQ(fault_of("{\"source\":null,\"target\":\"b\"}"), "DATA_TYPE line 1");
    EXPECT_EQ(fault_of("{\"source\":[\"a\"],\"target\":\"b\"}"), "DATA_TYPE line 1");
    EXPECT_EQ(fault_of("\"text\""), "DATA_TYPE line 1");
    EXPECT_EQ(fault_of(good + "{\"source\":\"\xFF\",\"target\":\"b\"}"), "DATA_NOT_UTF8 line 2");
    EXPECT_EQ(fault_of(good + "{\"source\":\"" + std::string(longest_data_line, 'a') + "\",\"target\":\"b\"}"),
              "DATA_LINE_TOO_LONG line 2");
    EXPECT_EQ(fault_of(""), "DATA_EMPTY");
    EXPECT_EQ(fault_of("\n \n"), "DATA_EMPTY");
}

TEST_F(TextPairs, lines_of_one_file_go_to_the_splits_they_name) {
    const fs::path path = write(
        "{\"source\":\"1\",\"target\":\"b\",\"split\":\"train\"}\n"
        "{\"source\":\"2\",\"target\":\"b\",\"split\":\"test\"}\n"
        "{\"source\":\"3\",\"target\":\"b\",\"split\":\"train\"}\n");
    const auto parts = read_splits({.file = path, .declared = {"train", "test"}});
    ASSERT_TRUE(parts.ok()) << parts.error().to_string();
    EXPECT_EQ(parts->at("train").size(), 2U);
    EXPECT_EQ(parts->at("test").front().source, "2");
    EXPECT_EQ(read_splits({.file = path, .declared = {"train"}}).error().code, "DATA_SPLIT");
    EXPECT_EQ(read_splits({.file = path, .declared = {"train", "test", "validation"}}).error().code, "DATA_EMPTY");
}

TEST_F(TextPairs, rows_are_the_first_of_the_file_or_of_its_split) {
    const std::string path = write(
                                 "{\"source\":\"a\",\"target\":\"1\",\"split\":\"train\"}\n"
                                 "{\"source\":\"b\",\"target\":\"2\",\"split\":\"test\"}\n"
                                 "{\"source\":\"c\",\"target\":\"3\",\"split\":\"test\"}\n")
                                 .string();
    EXPECT_EQ(read_data_rows({.path = path}, 0)->size(), 3U);
    EXPECT_EQ(read_data_rows({.path = path}, 2)->back().source, "b");
    EXPECT_EQ(read_data_rows({.path = path, .split = "test"}, 0)->size(), 2U);
    EXPECT_EQ(read_data_rows({.path = path, .split = "test"}, 1)->front().source, "b");
    EXPECT_EQ(read_data_rows({.path = path, .split = "test"}, 99)->size(), 2U);
    const auto missing = read_data_rows({.path = path, .split = "validation"}, 0);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, "DATA_EMPTY");
    EXPECT_NE(missing.error().message.find("test, train"), std::string::npos) << missing.error().message;
}

TEST_F(TextPairs, a_line_without_a_split_is_refused_where_one_is_asked_for) {
    const std::string path = write(
                                 "{\"source\":\"a\",\"target\":\"1\",\"split\":\"test\"}\n"
                                 "{\"source\":\"b\",\"target\":\"2\"}\n")
                                 .string();
    EXPECT_EQ(read_data_rows({.path = path, .split = "test"}, 0).error().code, "DATA_SPLIT");
    EXPECT_EQ(read_data_rows({.path = path, .split = "test"}, 0).error().where, path + ":2");
}

TEST_F(TextPairs, a_file_that_is_not_the_one_that_was_planned_is_refused) {
    const std::string line = "{\"source\":\"a\",\"target\":\"1\"}\n";
    const std::string path = write(line).string();
    EXPECT_TRUE(read_data_rows({.path = path, .sha256 = sha256_hex(line)}, 0).ok());
    EXPECT_EQ(read_data_rows({.path = path, .sha256 = sha256_hex("other")}, 0).error().code, "DATA_CHANGED");
}

}  // namespace
}  // namespace tandem::test
