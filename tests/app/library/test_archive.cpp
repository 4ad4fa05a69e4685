#include "app/library/archive.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>

#include "app/library/files.h"
#include "tests/app/library/library_fixture.h"

namespace tandem::library {
namespace {

using test::read_file;
using test::TemporaryFolder;

struct Member {
    std::string name, content;
    mode_t mode = S_IFREG | 0644;
    bool encrypted = false;
};

std::filesystem::path make_zip(const TemporaryFolder& folder, const std::vector<Member>& members) {
    const auto path = folder / "a.zip";
    int code = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    for (const Member& member : members) {
        zip_source_t* source = zip_source_buffer(archive, member.content.data(), member.content.size(), 0);
        const auto index =
            static_cast<zip_uint64_t>(zip_file_add(archive, member.name.c_str(), source, ZIP_FL_ENC_UTF_8));
        zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX,
                                         static_cast<zip_uint32_t>(member.mode) << 16);
        if (member.encrypted) {
            zip_file_set_encryption(archive, index, ZIP_EM_AES_256, "secret");
        }
    }
    EXPECT_EQ(zip_close(archive), 0);
    return path;
}

Result<std::int64_t> take(const std::filesystem::path& archive, const std::string& pattern,
                          const TemporaryFolder& folder, std::int64_t most = 1 << 20) {
    const auto out = TANDEM_TRY(Descriptor::open(folder / "out", O_WRONLY | O_CREAT | O_TRUNC));
    Sha256 sum;
    return append_member({archive, pattern, most}, out.get(), folder / "out", sum, {}, {});
}

TEST(Archive, one_member_is_taken_by_its_path_or_a_pattern) {
    const TemporaryFolder folder;
    const auto archive = make_zip(folder, {{"p/data/m.part0", "weights"}, {"p/__init__.py", ""}});
    const auto taken = take(archive, "p/data/m.part0", folder);
    ASSERT_TRUE(taken.ok()) << taken.error().to_string();
    EXPECT_EQ(*taken, 7);
    EXPECT_EQ(read_file(folder / "out"), "weights");
    EXPECT_TRUE(take(archive, "*/data/*.part0", folder).ok());
    EXPECT_EQ(take(archive, "*.part0", folder).error().code, "ARCHIVE_MEMBER") << "* must not cross folders";
    EXPECT_EQ(take(archive, "p/*", folder).ok(), true);
}

TEST(Archive, a_pattern_that_fits_none_or_two_is_refused) {
    const TemporaryFolder folder;
    const auto archive = make_zip(folder, {{"a/x.bin", "1"}, {"b/x.bin", "2"}});
    EXPECT_EQ(take(archive, "*/x.bin", folder).error().code, "ARCHIVE_MEMBER");
    EXPECT_EQ(take(archive, "c/x.bin", folder).error().code, "ARCHIVE_MEMBER");
}

TEST(Archive, names_that_leave_the_folder_are_refused_even_beside_the_wanted_one) {
    for (const char* name : {"../x", "a/../../x", "/etc/x", "a\\..\\x", "C:/x", ".."}) {
        const TemporaryFolder folder;
        const auto archive = make_zip(folder, {{"good", "1"}, {name, "2"}});
        EXPECT_EQ(take(archive, "good", folder).error().code, "ARCHIVE_PATH") << name;
    }
}

TEST(Archive, links_and_devices_are_refused) {
    for (const mode_t mode : {S_IFLNK | 0777, S_IFCHR | 0600, S_IFIFO | 0600}) {
        const TemporaryFolder folder;
        const auto archive = make_zip(folder, {{"good", "1"}, {"link", "/etc/passwd", mode}});
        EXPECT_EQ(take(archive, "good", folder).error().code, "ARCHIVE_LINK");
    }
}

TEST(Archive, bombs_are_refused_before_they_are_unpacked) {
    const TemporaryFolder folder;
    const auto archive = make_zip(folder, {{"good", "1"}, {"bomb", std::string(8 << 20, '\0')}});
    EXPECT_EQ(take(archive, "bomb", folder, 1 << 30).error().code, "ARCHIVE_RATIO");
    EXPECT_EQ(take(archive, "good", folder).error().code, "ARCHIVE_RATIO");
    EXPECT_EQ(read_file(folder / "out"), "");
}

TEST(Archive, more_bytes_than_expected_are_refused) {
    const TemporaryFolder folder;
    EXPECT_EQ(take(make_zip(folder, {{"m", "12345"}}), "m", folder, 4).error().code, "ARCHIVE_SIZE");
}

TEST(Archive, encrypted_members_are_refused) {
    const TemporaryFolder folder;
    EXPECT_EQ(take(make_zip(folder, {{"m", "12345", S_IFREG | 0644, true}}), "m", folder).error().code,
              "ARCHIVE_ENCRYPTED");
}

TEST(Archive, what_is_no_zip_or_is_damaged_is_named) {
    const TemporaryFolder folder;
    test::write_file(folder / "no.zip", "<html>");
    EXPECT_EQ(take(folder / "no.zip", "m", folder).error().code, "ARCHIVE_NOT_ZIP");
    std::string noise;  // does not compress, so that a flipped bit reaches the checksum
    for (std::uint32_t i = 0, x = 1; i < 5000; ++i) {
        noise += static_cast<char>((x = x * 1664525U + 1013904223U) >> 24);
    }
    const auto archive = make_zip(folder, {{"m", noise}});
    std::string bytes = read_file(archive);
    bytes[100] = static_cast<char>(bytes[100] ^ 1);
    test::write_file(folder / "flipped.zip", bytes);
    EXPECT_EQ(take(folder / "flipped.zip", "m", folder).error().code, "ARCHIVE_DAMAGED");
    test::write_file(folder / "cut.zip", read_file(archive).substr(0, 3000));
    EXPECT_EQ(take(folder / "cut.zip", "m", folder).error().code, "ARCHIVE_NOT_ZIP");
}

}  // namespace
}  // namespace tandem::library
