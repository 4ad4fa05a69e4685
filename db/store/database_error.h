// SQLite's result codes as Tandem's errors: each names the path, what happened, and the way out. Thread rule:
// stateless.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/api/error.h"

struct sqlite3;

namespace tandem::db {

// `code` is an extended SQLite result code; `doing` completes "while ...". handle may be null (nothing was opened).
Error database_error(sqlite3* handle, int code, const std::filesystem::path& path, std::string_view doing);

Error not_a_database(const std::filesystem::path& path, const std::string& found);
Error database_corrupt(const std::filesystem::path& path, const std::string& found);

}  // namespace tandem::db
