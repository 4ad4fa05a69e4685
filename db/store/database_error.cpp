#include "db/store/database_error.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tandem::db {
namespace {

constexpr std::string_view corrupt_way_out =
    "nothing was changed or deleted; keep the file, and save what is readable with: sqlite3 FILE .recover | sqlite3 "
    "NEW.db";

bool out_of_space(int code, int system_error) {
    return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT;
}

// SQLite tries to open for reading where writing is refused, and then reports why reading failed: ask the folder.
bool not_writable(int code, const std::filesystem::path& path) {
    const int primary = code & 0xff;
    if (primary == SQLITE_READONLY || primary == SQLITE_PERM || primary == SQLITE_AUTH) {
        return true;
    }
    return primary == SQLITE_CANTOPEN && access(path.parent_path().c_str(), W_OK) != 0 &&
           (errno == EACCES || errno == EROFS || errno == EPERM);
}

}  // namespace

Error database_error(sqlite3* handle, int code, const std::filesystem::path& path, std::string_view doing) {
    const int system_error = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    std::string found = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const int primary = code & 0xff;
    if (primary == SQLITE_NOTADB) {
        return not_a_database(path, "its first bytes are not SQLite's");
    }
    if (primary == SQLITE_CORRUPT) {
        return database_corrupt(path, found);
    }
    if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL)) {
        found += " (" + std::string(std::strerror(system_error)) + ")";
    }
    found += ", while " + std::string(doing) + "; ";
    Error error{.where = path.string(), .kind = ErrorKind::io};
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
        error.code = "DB_LOCKED";
        error.message = found + "another program is writing to it; wait for it or close it, then run again";
    } else if (out_of_space(code, system_error)) {
        error.code = "DB_FULL";
        error.message = found +
                        "what was stored before is safe; free some space and run again, only what is missing "
                        "is repeated";
    } else if (not_writable(code, path)) {
        error.code = "DB_READ_ONLY";
        error.message = found +
                        "the file and its folder must be writable; nothing was changed; choose another place "
                        "with --db";
    } else {
        error.code = "DB_IO";
        error.message = found + "what was stored before is safe; check the disk, then run again";
    }
    return error;
}

Error not_a_database(const std::filesystem::path& path, const std::string& found) {
    return Error{.code = "DB_NOT_A_DATABASE",
                 .message = "not a Tandem database: " + found + "; it was not changed; choose another file with --db",
                 .where = path.string(),
                 .kind = ErrorKind::bad_input};
}

Error database_corrupt(const std::filesystem::path& path, const std::string& found) {
    return Error{.code = "DB_CORRUPT",
                 .message = "the database is damaged: " + found + "; " + std::string(corrupt_way_out),
                 .where = path.string(),
                 .kind = ErrorKind::io};
}

}  // namespace tandem::db
