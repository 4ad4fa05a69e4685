#include "db/store/open.h"

#include <sqlite3.h>

#include <chrono>
#include <string>
#include <system_error>
#include <thread>

#include "db/store/database_error.h"
#include "db/store/migrate.h"
#include "db/store/place.h"
#include "db/store/run_lock.h"

namespace tandem::db {
namespace {

// A clean exit empties or removes the write-ahead log.
bool left_uncleanly(const std::filesystem::path& path) {
    std::error_code absent;
    const auto bytes = std::filesystem::file_size(path.string() + "-wal", absent);
    return !absent && bytes > 0 && !RunLock::held(path);
}

Result<void> use_write_ahead_log(const Connection& connection, std::int64_t busy_timeout_ms) {
    // SQLite does not wait by itself when two processes switch a new file's journal at once.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
    while (true) {
        auto switched = [&]() -> Result<std::string> {
            Statement mode = TANDEM_TRY(connection.prepare("PRAGMA journal_mode=WAL"));
            (void)TANDEM_TRY(mode.query());
            std::string name = mode.string(0);
            // The switch is committed, and can fail, only after the row that names the new mode.
            (void)TANDEM_TRY(mode.step());
            return name;
        }();
        if (!switched && switched.error().code == "DB_LOCKED" && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            continue;
        }
        if (!switched) {
            return switched.error();
        }
        if (*switched != "wal") {
            return Error{.code = "DB_IO",
                         .message = "this file system does not let SQLite keep a write-ahead log (it offers '" +
                                    *switched + "'); choose another place with --db",
                         .where = connection.path().string(),
                         .kind = ErrorKind::io};
        }
        return {};
    }
}

}  // namespace

Result<void> quick_check(const Connection& connection) {
    Statement check = TANDEM_TRY(connection.prepare("PRAGMA quick_check(1)"));
    const bool row = TANDEM_TRY(check.query());
    if (row && check.text(0) == "ok") {
        return {};
    }
    return database_corrupt(connection.path(), row ? check.string(0) : "the check gave no answer");
}

Result<std::unique_ptr<Connection>> open_for_writing(const std::filesystem::path& path, std::int64_t busy_timeout_ms,
                                                     std::span<const Migration> migrations) {
    if (auto ready = prepare_place(path); !ready) {
        return ready.error();
    }
    const bool unclean = left_uncleanly(path);
    auto connection = TANDEM_TRY(Connection::open(path, OpenMode::read_write, busy_timeout_ms));
    if (sqlite3_db_readonly(connection->handle(), "main") == 1) {
        return database_error(nullptr, SQLITE_READONLY, path, "opening it for writing");
    }
    (void)TANDEM_TRY(inspect_schema(*connection, migrations.empty() ? 0 : migrations.back().version));
    if (auto journal = use_write_ahead_log(*connection, busy_timeout_ms); !journal) {
        return journal.error();
    }
    auto configured = connection->execute(
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864; "
        "PRAGMA cache_size=-16384");
    if (!configured) {
        return configured.error();
    }
    if (unclean) {
        if (auto whole = quick_check(*connection); !whole) {
            return whole.error();
        }
    }
    if (auto migrated = migrate(*connection, migrations); !migrated) {
        return migrated.error();
    }
    return connection;
}

}  // namespace tandem::db
