// Answers kept on disk: whole ones are found again, torn and damaged lines count as not there.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "engine/training/label_file.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

class Labels : public ::testing::Test {
protected:
    LabelFile open() const {
        auto file = LabelFile::open(path_);
        EXPECT_TRUE(file.ok()) << file.error().to_string();
        return std::move(file).value();
    }
    void add(const std::string& key, const Label& label) const {
        LabelFile file = open();
        const auto added = file.add(key, label);
        EXPECT_TRUE(added.ok()) << added.error().to_string();
    }
    std::string bytes() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

    TemporaryFolder folder_;
    fs::path path_ = folder_ / "cache/labels/x.labels";
};

TEST_F(Labels, what_was_added_is_found_by_whoever_opens_it_next) {
    EXPECT_EQ(open().size(), 0U);
    EXPECT_FALSE(fs::exists(path_)) << "reading makes nothing";
    const Label lines{.text = "two\nlines, \"quotes\" and \xC3\xA4", .cut = true};
    add("a", lines);
    add("b", {});
    const LabelFile file = open();
    ASSERT_NE(file.find("a"), nullptr);
    EXPECT_EQ(*file.find("a"), lines);
    EXPECT_EQ(*file.find("b"), Label{});
    EXPECT_EQ(file.find("c"), nullptr);
}

TEST_F(Labels, text_that_is_no_utf8_is_learned_as_it_is_kept) {
    LabelFile file = open();
    ASSERT_TRUE(file.add("a", {.text = "half \xC3", .cut = false}).ok());
    EXPECT_EQ(*file.find("a"), *open().find("a"));
}

TEST_F(Labels, torn_anywhere_the_lines_before_stay_and_the_next_is_whole) {
    add("a", {.text = "first"});
    const std::string first = bytes();
    add("b", {.text = "second"});
    const std::string both = bytes();
    for (std::size_t size = first.size(); size < both.size() - 1; ++size) {
        write(both.substr(0, size));
        EXPECT_EQ(open().size(), 1U) << size;
        add("c", {.text = "third"});
        const LabelFile file = open();
        ASSERT_NE(file.find("c"), nullptr) << size;
        EXPECT_EQ(file.find("a")->text, "first") << size;
        EXPECT_EQ(file.find("b"), nullptr) << size;
    }
}

TEST_F(Labels, a_changed_byte_anywhere_loses_its_line_alone) {
    add("a", {.text = "first"});
    const std::size_t first = bytes().size();
    add("b", {.text = "second"});
    const std::string whole = bytes();
    for (std::size_t at = 0; at + 1 < whole.size(); ++at) {
        if (whole[at] == '\n') {
            continue;
        }
        std::string changed = whole;
        changed[at] ^= 1;
        write(changed);
        const LabelFile file = open();
        const std::string lost = at < first ? "a" : "b";
        EXPECT_EQ(file.find(lost), nullptr) << at;
        EXPECT_NE(file.find(lost == "a" ? "b" : "a"), nullptr) << at;
    }
}

TEST_F(Labels, two_writers_lose_nothing_and_the_first_answer_stays) {
    LabelFile one = open();
    LabelFile two = open();
    ASSERT_TRUE(one.add("a", {.text = "of one"}).ok());
    ASSERT_TRUE(two.add("a", {.text = "of two"}).ok());
    ASSERT_TRUE(two.add("b", {.text = "of two"}).ok());
    ASSERT_TRUE(one.add("c", {.text = "of one"}).ok());
    const LabelFile all = open();
    EXPECT_EQ(all.size(), 3U);
    EXPECT_EQ(all.find("a")->text, "of one");
}

TEST_F(Labels, a_place_that_cannot_be_written_is_an_error_with_its_path) {
    std::ofstream(folder_ / "cache") << "a file where a folder should be";
    LabelFile file = open();
    const auto added = file.add("a", {.text = "x"});
    ASSERT_FALSE(added.ok());
    EXPECT_TRUE(added.error().code.starts_with("FILE_")) << added.error().code;
    EXPECT_NE(added.error().where.find("cache"), std::string::npos);
}

}  // namespace
}  // namespace tandem::test
