// How steps are taken is tested with a list of the test's own; what the real ones do, at the end.
#include "db/store/migrate.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "db/store/open.h"
#include "tests/db/fault_vfs.h"
#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

using db::Migration;

constexpr Migration first{1, "001_first",
                          "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
                          "CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id), tag TEXT NOT NULL) STRICT;"
                          "INSERT INTO notes (text) VALUES ('kept');"
                          "INSERT INTO tags VALUES (1, 'green');"};
// Rebuilds a table that another refers to, as SQLite needs for most changes.
constexpr Migration second{2, "002_second",
                           "CREATE TABLE notes_new (id INTEGER PRIMARY KEY, text TEXT NOT NULL, length INTEGER NOT "
                           "NULL) STRICT;"
                           "INSERT INTO notes_new SELECT id, text, length(text) FROM notes;"
                           "DROP TABLE notes;"
                           "ALTER TABLE notes_new RENAME TO notes;"};
constexpr Migration third{3, "003_third", "CREATE INDEX notes_by_length ON notes (length);"};
constexpr Migration breaks_sql{3, "003_broken", "CREATE TABLE more (id INTEGER) STRICT; SELECT nonsense;"};
constexpr Migration breaks_references{3, "003_orphans", "DELETE FROM notes;"};

constexpr std::array old_schema{first};
constexpr std::array new_schema{first, second, third};

class Migrate : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "notes.db";
    void SetUp() override { ASSERT_TRUE(db::open_for_writing(path_, 1000, old_schema).ok()); }

    void expect_old(const std::filesystem::path& path) {
        EXPECT_EQ(query_text(path, "PRAGMA integrity_check"), "ok");
        EXPECT_EQ(query_integer(path, "PRAGMA user_version"), 1);
        EXPECT_EQ(query_text(path, "SELECT text || tag FROM notes JOIN tags ON note = id"), "keptgreen");
        EXPECT_EQ(query_integer(path, "SELECT count(*) FROM pragma_table_info('notes')"), 2);
    }
    void expect_new(const std::filesystem::path& path) {
        EXPECT_EQ(query_text(path, "PRAGMA integrity_check"), "ok");
        EXPECT_EQ(query_integer(path, "PRAGMA user_version"), 3);
        EXPECT_EQ(query_text(path, "SELECT text || tag || length FROM notes JOIN tags ON note = id"), "keptgreen4");
        EXPECT_EQ(query_integer(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'notes_by_length'"), 1);
    }
};

TEST_F(Migrate, brings_an_old_database_forward_and_keeps_a_copy) {
    ASSERT_TRUE(db::open_for_writing(path_, 1000, new_schema).ok());
    expect_new(path_);
    expect_old(folder_ / "notes.db.before-v3");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "notes.db.before-v3.partial"));
}

TEST_F(Migrate, does_nothing_to_the_newest_version) {
    ASSERT_TRUE(db::open_for_writing(path_, 1000, old_schema).ok());
    expect_old(path_);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "notes.db.before-v1"));
}

TEST_F(Migrate, a_failing_step_leaves_the_old_schema) {
    const std::array broken{first, second, breaks_sql};
    const auto failed = db::open_for_writing(path_, 1000, broken);
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.error().message.find("003_broken"), std::string::npos);
    expect_old(path_);
}

TEST_F(Migrate, a_step_that_breaks_references_leaves_the_old_schema) {
    const std::array broken{first, second, breaks_references};
    const auto failed = db::open_for_writing(path_, 1000, broken);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, "DB_CORRUPT");
    expect_old(path_);
}

TEST_F(Migrate, ended_at_any_disk_access_leaves_the_old_schema_or_the_new_one) {
    const std::string database = (folder_ / "original").string();
    std::filesystem::copy_file(path_, database);
    int killed = 0, old_left = 0;
    for (std::int64_t nth = 1;; ++nth) {
        TemporaryFolder folder;
        const auto path = folder / "notes.db";
        std::filesystem::copy_file(database, path);
        const pid_t child = fork();
        if (child == 0) {
            install_fault_vfs();
            set_fault(FaultMode::die, nth);
            _exit(db::open_for_writing(path, 1000, new_schema).ok() ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFEXITED(status));
        const std::int64_t version = query_integer(path, "PRAGMA user_version");
        ASSERT_TRUE(version == 1 || version == 3) << "access " << nth;
        version == 1 ? expect_old(path) : expect_new(path);
        if (version == 3) {
            expect_old(folder / "notes.db.before-v3");
        }
        ASSERT_TRUE(db::open_for_writing(path, 1000, new_schema).ok()) << "access " << nth;
        expect_new(path);
        if (WEXITSTATUS(status) == 0) {
            break;
        }
        ++killed;
        old_left += version == 1 ? 1 : 0;
    }
    EXPECT_GT(killed, 20);
    EXPECT_GT(old_left, 10);
}

TEST_F(Migrate, a_disk_that_fails_at_any_access_leaves_the_old_schema_or_the_new_one) {
    install_fault_vfs();
    const std::string database = (folder_ / "original").string();
    std::filesystem::copy_file(path_, database);
    bool struck = true;
    for (std::int64_t nth = 1; struck; ++nth) {
        TemporaryFolder folder;
        const auto path = folder / "notes.db";
        std::filesystem::copy_file(database, path);
        set_fault(FaultMode::persistent, nth, FaultKind::disk_full);
        const bool opened = db::open_for_writing(path, 1000, new_schema).ok();
        struck = fault_has_struck();
        set_fault(FaultMode::none);
        const std::int64_t version = query_integer(path, "PRAGMA user_version");
        ASSERT_TRUE(version == 3 || (version == 1 && !opened)) << "access " << nth;
        version == 1 ? expect_old(path) : expect_new(path);
    }
}

TEST(Schema, of_version_1_comes_forward_with_its_trials) {
    const TemporaryFolder folder;
    const auto path = folder / "results.db";
    ASSERT_TRUE(db::open_for_writing(path, 1000, db::schema_migrations().first(1)).ok());
    const std::string id(64, 'a');
    query_text(path, "INSERT INTO experiments VALUES (1, 'old', '', 'name: old', 0)");
    query_text(path,
               "INSERT INTO trials (id, kind, seed, job, identity) VALUES ('" + id + "', 'null', '1', '{}', '{}')");
    query_text(path, "INSERT INTO experiment_trials VALUES (1, '" + id + "', 0, 'small', 'm', 'here', 'speed', '{}')");
    ASSERT_TRUE(db::open_for_writing(path, 1000, db::schema_migrations()).ok());
    EXPECT_EQ(query_integer(path, "PRAGMA user_version"), 2);
    EXPECT_EQ(
        query_text(path, "SELECT pairing || '|' || partner || '|' || baseline || '|' || baseline_trial FROM v_trials"),
        "small|||");
    EXPECT_EQ(query_text(path, "SELECT state FROM v_results"), "queued");
    EXPECT_EQ(query_integer(path, "SELECT count(*) FROM v_speedup"), 0);
    EXPECT_TRUE(std::filesystem::exists(folder / "results.db.before-v2"));
}

}  // namespace
}  // namespace tandem::db_test
