#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>

#include "db/queries/queries.h"
#include "db/store/place.h"
#include "tests/db/own_mounts.h"
#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

class StoreOpening : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "results.db";

    // Refused by store and reader alike, with the path and a way out, and the file as it was.
    void expect_refused(const std::string& code) {
        const std::string before = test::read_file(path_);
        const auto store = Store::open(path_);
        const auto reader = ResultsReader::open(path_);
        ASSERT_FALSE(store.ok());
        EXPECT_EQ(store.error().code, code) << store.error().to_string();
        EXPECT_EQ(store.error().where, path_.string());
        EXPECT_GT(store.error().message.size(), 40U);
        ASSERT_FALSE(reader.ok());
        EXPECT_EQ(reader.error().code, code) << reader.error().to_string();
        EXPECT_TRUE(test::read_file(path_) == before);
    }
};

TEST_F(StoreOpening, makes_the_folders_it_needs) {
    const auto deep = folder_ / "a" / "b" / "results.db";
    EXPECT_TRUE(Store::open(deep).ok());
    EXPECT_EQ(query_integer(deep, "PRAGMA user_version"), 2);
    EXPECT_EQ(query_text(deep, "PRAGMA journal_mode"), "wal");
}

TEST_F(StoreOpening, refuses_random_bytes) {
    std::mt19937 random(3);
    std::string bytes(100'000, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random());
    }
    test::write_file(path_, bytes);
    expect_refused("DB_NOT_A_DATABASE");
}

TEST_F(StoreOpening, refuses_a_text_file_and_a_folder) {
    test::write_file(path_, "name: quickstart\n");
    expect_refused("DB_NOT_A_DATABASE");
    EXPECT_EQ(Store::open(folder_.path()).error().code, "DB_NOT_A_DATABASE");
    EXPECT_EQ(ResultsReader::open(folder_.path()).error().code, "DB_NOT_A_DATABASE");
}

TEST_F(StoreOpening, refuses_another_programs_database) {
    query_text(path_, "CREATE TABLE bookmarks (url TEXT)");
    expect_refused("DB_NOT_A_DATABASE");
}

TEST_F(StoreOpening, refuses_a_newer_schema) {
    store_with_plan(path_, 1).reset();
    query_text(path_, "PRAGMA user_version = 1000");
    expect_refused("DB_TOO_NEW");
}

TEST_F(StoreOpening, says_that_there_are_no_results_yet) {
    EXPECT_EQ(ResultsReader::open(path_).error().code, "DB_NOT_FOUND");
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StoreOpening, a_truncated_write_ahead_log_keeps_whole_commits) {
    auto store = store_with_plan(path_, 1, StoreOptions{.batch_interval_ms = 0});
    ASSERT_TRUE(store->submit(started(trial_id(0), 1)).ok());
    for (std::uint64_t sequence = 2; sequence <= 60; ++sequence) {
        ASSERT_TRUE(store->submit(token(trial_id(0), 1, sequence, token_text(sequence))).ok());
        ASSERT_TRUE(store->flush().ok());
    }
    const std::string database = test::read_file(path_);
    const std::string log = test::read_file(path_.string() + "-wal");
    ASSERT_GT(log.size(), 100'000U);
    std::int64_t last_kept = 61;
    for (std::size_t size = log.size(); size > 60'000; size -= 40'961) {
        TemporaryFolder copy;
        test::write_file(copy / "results.db", database);
        test::write_file(copy / "results.db-wal", log.substr(0, size));
        const auto opened = Store::open(copy / "results.db");
        // Without the part that holds the schema there is an empty file again, which is a database to be.
        ASSERT_TRUE(opened.ok()) << opened.error().to_string();
        const std::int64_t kept = query_integer(copy / "results.db", "SELECT 1 + count(*) FROM observations");
        EXPECT_LE(kept, last_kept);
        last_kept = kept;
        EXPECT_EQ(
            find_violation(copy / "results.db", {{{trial_id(0), 1}, kept > 1 ? static_cast<std::uint64_t>(kept) : 0}}),
            "");
    }
    EXPECT_LT(last_kept, 61);
}

TEST_F(StoreOpening, damage_found_after_an_unclean_exit_is_named_and_nothing_is_deleted) {
    store_with_plan(path_, 200).reset();
    std::string bytes = test::read_file(path_);
    for (std::size_t page = 2; page * 4096 < bytes.size(); ++page) {
        bytes.replace(page * 4096, 64, 64, '\x5a');
    }
    test::write_file(path_, bytes);
    test::write_file(path_.string() + "-wal", "left by a crash");
    const auto opened = Store::open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, "DB_CORRUPT") << opened.error().to_string();
    EXPECT_NE(opened.error().message.find(".recover"), std::string::npos);
    EXPECT_EQ(std::filesystem::file_size(path_), bytes.size());
}

TEST_F(StoreOpening, a_lock_that_lasts_is_told) {
    auto store = store_with_plan(path_, 1, StoreOptions{.busy_timeout_ms = 50});
    auto other = db::Connection::open(path_, db::OpenMode::read_write, 0);
    ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());
    EXPECT_EQ(store->record_plan(example_spec("other"), example_plan(1)).error().code, "DB_LOCKED");
    ASSERT_TRUE((*other)->execute("COMMIT").ok());
    // Nothing was promised, so nothing is broken: the same call works when the lock is gone.
    EXPECT_TRUE(store->record_plan(example_spec("other"), example_plan(1)).ok());
    ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());
    ASSERT_TRUE(store->submit(started(trial_id(0), 1)).ok());
    const auto flushed = store->flush();
    EXPECT_EQ(flushed.error().code, "DB_LOCKED");
    EXPECT_NE(flushed.error().message.find("another program"), std::string::npos);
}

TEST_F(StoreOpening, network_file_systems_are_known_by_their_numbers) {
    EXPECT_EQ(db::network_filesystem(0x6969), "NFS");
    EXPECT_EQ(db::network_filesystem(static_cast<std::int32_t>(0xFF534D42)), "CIFS");  // as a 32-bit kernel gives it
    EXPECT_EQ(db::network_filesystem(0xFE534D42), "SMB2");
    EXPECT_FALSE(db::network_filesystem(0xEF53).has_value());      // ext4
    EXPECT_FALSE(db::network_filesystem(0x01021994).has_value());  // tmpfs
}

TEST_F(StoreOpening, the_default_path_follows_the_environment) {
    setenv("TANDEM_DB", "/x/mine.db", 1);
    EXPECT_EQ(default_database_path(), "/x/mine.db");
    unsetenv("TANDEM_DB");
    setenv("XDG_DATA_HOME", "/x/data", 1);
    EXPECT_EQ(default_database_path(), "/x/data/tandem/results.db");
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", "/x/home", 1);
    EXPECT_EQ(default_database_path(), "/x/home/.local/share/tandem/results.db");
}

TEST_F(StoreOpening, a_folder_that_cannot_be_written_is_refused_but_can_be_read) {
    store_with_plan(path_, 2).reset();
    const std::string folder = folder_.path().string();
    const int result = with_own_mounts([&] {
        if (mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
            mount(nullptr, folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
            return no_namespace;
        }
        const auto store = Store::open(path_);
        const auto fresh = Store::open(folder_ / "new.db");
        const auto below = Store::open(folder_ / "sub" / "new.db");
        if (store.ok() || store.error().code != "DB_READ_ONLY" || fresh.ok() || fresh.error().code != "DB_READ_ONLY" ||
            below.ok() || below.error().code != "DB_READ_ONLY") {
            return 1;
        }
        auto reader = ResultsReader::open(path_);
        if (!reader) {
            return 2;
        }
        const auto rows = (*reader)->trials({});
        return rows.ok() && rows->size() == 2 ? 0 : 3;
    });
    if (result == no_namespace) {
        GTEST_SKIP() << "no mount namespaces here";
    }
    EXPECT_EQ(result, 0);
}

TEST_F(StoreOpening, a_full_disk_stops_the_store_and_space_lets_it_go_on) {
    const std::string folder = folder_.path().string();
    const int result = with_own_mounts([&] {
        if (mount("tandem", folder.c_str(), "tmpfs", 0, "size=768k") != 0) {
            return no_namespace;
        }
        Acknowledged acknowledged;
        {
            auto store = store_with_plan(path_, 1, StoreOptions{.batch_interval_ms = 0});
            store->on_durable([&](const std::vector<DurableMark>& marks) {
                acknowledged[{trial_id(0), 1}] = marks.at(0).sequence;
            });
            bool going = store->submit(started(trial_id(0), 1)).ok();
            // Small batches, so that some are durable before one does not fit.
            for (std::uint64_t sequence = 2; going && sequence < 100'000; ++sequence) {
                going = store->submit(token(trial_id(0), 1, sequence, token_text(sequence))).ok() &&
                        (sequence % 64 != 0 || store->flush().ok());
            }
            if (going || store->flush().ok() || store->flush().error().code != "DB_FULL") {
                return 1;
            }
        }
        const std::uint64_t kept = acknowledged.at({trial_id(0), 1});
        if (kept < 2 || mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT, "size=64m") != 0) {
            return 2;
        }
        if (!find_violation(path_, acknowledged).empty()) {
            return 3;
        }
        auto store = store_with_plan(path_, 1);
        for (std::uint64_t sequence = kept; sequence < kept + 1000; ++sequence) {
            if (!store->submit(token(trial_id(0), 1, sequence, token_text(sequence)))) {
                return 4;
            }
        }
        return store->flush().ok() && find_violation(path_, {{{trial_id(0), 1}, kept + 999}}).empty() ? 0 : 5;
    });
    if (result == no_namespace) {
        GTEST_SKIP() << "no mount namespaces here";
    }
    EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace tandem::db_test
