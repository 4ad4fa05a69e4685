#include "db/store/migrate.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "db/store/database_error.h"

namespace tandem::db {
namespace {

// Waits until name and content are on disk: the copy must not be weaker than what it protects.
bool sync_path(const std::filesystem::path& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const bool synced = fsync(descriptor) == 0;
    return close(descriptor) == 0 && synced;
}

std::filesystem::path free_name(const std::filesystem::path& path) {
    std::filesystem::path candidate = path;
    std::error_code ignored;
    for (int number = 2; std::filesystem::exists(candidate, ignored); ++number) {
        candidate = path.string() + "." + std::to_string(number);
    }
    return candidate;
}

Result<void> copy_pages(const Connection& from, const Connection& to) {
    sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (backup == nullptr) {
        return to.error(sqlite3_extended_errcode(to.handle()), "starting a backup before migration");
    }
    const int code = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
        return to.error(finished != SQLITE_OK ? finished : code, "copying a backup before migration");
    }
    return {};
}

// The copy appears under its name only when it is whole.
Result<void> back_up(const Connection& connection, std::int64_t next_version) {
    const std::filesystem::path& path = connection.path();
    const std::filesystem::path name = free_name(path.string() + ".before-v" + std::to_string(next_version));
    const std::filesystem::path partial = free_name(name.string() + ".partial");
    {
        auto copy = TANDEM_TRY(Connection::open(partial, OpenMode::read_write, 0));
        if (auto copied = copy_pages(connection, *copy); !copied) {
            return copied;
        }
    }
    std::error_code failed;
    if (sync_path(partial)) {
        std::filesystem::rename(partial, name, failed);
    } else {
        failed = std::error_code(errno, std::generic_category());
    }
    if (failed || !sync_path(path.parent_path())) {
        return Error{
            .code = "DB_IO",
            .message = "cannot keep a backup before migration (" + failed.message() + "); the database was not changed",
            .where = name.string(),
            .kind = ErrorKind::io};
    }
    return {};
}

Result<void> apply(const Connection& connection, std::span<const Migration> migrations) {
    Transaction transaction = TANDEM_TRY(Transaction::begin(connection));
    // Another process may have migrated while this one waited for the lock.
    const std::int64_t version = TANDEM_TRY(connection.integer("PRAGMA user_version"));
    for (const Migration& migration : migrations) {
        if (migration.version <= version) {
            continue;
        }
        if (auto applied = connection.execute(std::string(migration.sql)); !applied) {
            return wrap(Error{.code = applied.error().code,
                              .message = "migration " + std::string(migration.name) +
                                         " failed; the database keeps its old schema",
                              .where = connection.path().string()},
                        applied.error());
        }
        Statement violations = TANDEM_TRY(connection.prepare("PRAGMA foreign_key_check"));
        if (TANDEM_TRY(violations.query())) {
            return database_corrupt(connection.path(), "after migration " + std::string(migration.name) + " table " +
                                                           violations.string(0) + " refers to rows that do not exist");
        }
        violations.reset();
        if (auto set = connection.execute("PRAGMA user_version=" + std::to_string(migration.version)); !set) {
            return set;
        }
    }
    if (auto set = connection.execute("PRAGMA application_id=" + std::to_string(application_id)); !set) {
        return set;
    }
    return transaction.commit();
}

}  // namespace

Result<SchemaState> inspect_schema(const Connection& connection, std::int64_t newest) {
    SchemaState state;
    state.version = TANDEM_TRY(connection.integer("PRAGMA user_version"));
    const std::int64_t owner = TANDEM_TRY(connection.integer("PRAGMA application_id"));
    const std::int64_t tables = TANDEM_TRY(connection.integer("SELECT count(*) FROM sqlite_schema"));
    state.empty = owner == 0 && state.version == 0 && tables == 0;
    if (!state.empty && owner != application_id) {
        return not_a_database(connection.path(), "it is a SQLite database of another program");
    }
    if (state.version > newest) {
        return Error{.code = "DB_TOO_NEW",
                     .message = "the database has schema version " + std::to_string(state.version) +
                                ", this Tandem knows versions up to " + std::to_string(newest) +
                                "; it was not changed; use the newer Tandem that made it, or another file with --db",
                     .where = connection.path().string(),
                     .kind = ErrorKind::bad_input};
    }
    return state;
}

Result<void> migrate(const Connection& connection, std::span<const Migration> migrations) {
    const std::int64_t newest = migrations.empty() ? 0 : migrations.back().version;
    const SchemaState state = TANDEM_TRY(inspect_schema(connection, newest));
    if (state.version == newest) {
        return {};
    }
    if (!state.empty) {
        if (auto kept = back_up(connection, newest); !kept) {
            return kept;
        }
    }
    // Rebuilding a table drops it for a moment; apply() checks all references before it commits.
    if (auto off = connection.execute("PRAGMA foreign_keys=OFF"); !off) {
        return off;
    }
    auto applied = apply(connection, migrations);
    auto on = connection.execute("PRAGMA foreign_keys=ON");
    return applied ? on : applied;
}

}  // namespace tandem::db
