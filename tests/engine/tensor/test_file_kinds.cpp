// Paths that are no readable file.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/tensor/foreign_file.h"
#include "engine/tensor/gguf.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

class FileKinds : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) / "tandem_file_kinds";
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    std::string code(const fs::path& name) const {
        auto file = GgufFile::open(folder_ / name);
        return file.ok() ? "accepted" : file.error().code;
    }
    fs::path folder_;
};

TEST_F(FileKinds, each_has_its_code) {
    EXPECT_EQ(code("none.gguf"), "FILE_NOT_FOUND");
    EXPECT_EQ(code("none.gguf/deeper"), "FILE_NOT_FOUND");
    EXPECT_EQ(code(""), "FILE_IS_FOLDER");
    std::ofstream(folder_ / "empty.gguf").flush();
    EXPECT_EQ(code("empty.gguf"), "FILE_EMPTY");
    EXPECT_EQ(code("empty.gguf/deeper"), "FILE_NOT_FOUND");
    EXPECT_EQ(code("/dev/null"), "FILE_NOT_REGULAR");
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(code("pipe"), "FILE_NOT_REGULAR");
    EXPECT_EQ(code(std::string(5000, 'x')), "FILE_OPEN");
}

TEST_F(FileKinds, a_file_that_may_not_be_read_is_said_to_be_one) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root may read every file";
    }
    std::ofstream(folder_ / "secret.gguf") << "GGUF";
    fs::permissions(folder_ / "secret.gguf", fs::perms::none);
    EXPECT_EQ(code("secret.gguf"), "FILE_PERMISSION");
}

TEST_F(FileKinds, a_mapped_file_shows_its_bytes) {
    std::ofstream(folder_ / "text") << "hello";
    auto file = MappedFile::open(folder_ / "text");
    ASSERT_TRUE(file.ok());
    ASSERT_EQ((*file)->bytes().size(), 5U);
    EXPECT_EQ((*file)->bytes()[4], std::byte{'o'});
    std::ofstream(folder_ / "empty").flush();
    auto empty = MappedFile::open(folder_ / "empty", EmptyFile::allowed);
    ASSERT_TRUE(empty.ok());
    EXPECT_TRUE((*empty)->bytes().empty());
}

}  // namespace
}  // namespace tandem
